"""What is compiled where there is a C compiler, and how it is found; all of it can be missing."""
