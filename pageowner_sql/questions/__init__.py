"""One module a question, beside its template: what it asks, how it is checked, what it answers."""
