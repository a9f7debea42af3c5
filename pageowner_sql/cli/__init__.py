"""The command line: a thin module a command; parse, one call, render."""
