"""What questions share: filters, grouping, rendering, the catalog."""
