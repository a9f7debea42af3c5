"""The report that people attach to a bug: one page, or text."""
