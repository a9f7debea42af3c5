"""The questions: what each answers about real dumps, and about made-up ones."""
