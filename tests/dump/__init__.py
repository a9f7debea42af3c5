"""The readers: bytes of any kind of file into records, rows, fillers and rejects."""
