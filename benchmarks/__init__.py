"""Compares this project's speed with page_owner_sort (C) and a mawk script, after their outputs."""
