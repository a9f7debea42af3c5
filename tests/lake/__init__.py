"""Tests of pageowner_sql/lake/."""
