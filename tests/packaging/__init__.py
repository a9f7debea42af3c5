"""The package as it is built: the hook, and the wheel in an empty directory."""
