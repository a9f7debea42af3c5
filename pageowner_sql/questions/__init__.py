"""Questions: one module each, beside its template, with its checks and its answer."""
