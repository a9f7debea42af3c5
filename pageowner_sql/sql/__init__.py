"""What questions share: rendering, filters, grouping, and the catalog of named queries."""
