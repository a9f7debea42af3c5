"""A running machine: its live page_owner file, and the other files of that moment."""
