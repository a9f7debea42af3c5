"""From a question to rows: checked, compiled, and run on an open database."""
