"""The C library that reads dumps and writes reports, and how it is loaded."""
