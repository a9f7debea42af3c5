"""Pictures and reports, drawn from a small part of real dumps."""
