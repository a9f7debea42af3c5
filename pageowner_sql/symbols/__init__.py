"""Symbol files of a kernel: what functions they have, and the source lines of addresses."""
