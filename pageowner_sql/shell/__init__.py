"""The interactive shell, with the queries and formats of the commands."""
