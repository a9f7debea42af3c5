"""Dumps of many machines in a folder of Delta tables, which any engine reads."""
