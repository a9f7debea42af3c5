"""Dump text in, batches of records out. Knows the text and no database."""
