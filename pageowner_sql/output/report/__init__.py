"""The report to attach to a bug: an HTML page or Markdown."""
