"""Measures this project against page_owner_sort (C) and a mawk script, answers compared first."""
