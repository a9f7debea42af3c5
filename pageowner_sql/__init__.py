"""Analytics for Linux page_owner dumps, SQL first."""

__version__ = "0.1.0"
