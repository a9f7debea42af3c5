"""The explorer: a page and a JSON API on one database, for people on this machine."""
