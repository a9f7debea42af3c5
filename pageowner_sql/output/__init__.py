"""Formats results: tables, files, pictures and pages."""
