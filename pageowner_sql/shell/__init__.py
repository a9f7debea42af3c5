"""The interactive shell: a loop over the same session, queries and formats as every command."""
