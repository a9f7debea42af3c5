"""Physical memory as a picture: in a file, in the terminal, in the report."""
