-- Today's other DuckDB clients open this storage version, and not 2.0's own.
ATTACH $file AS fresh (STORAGE_VERSION 'v1.5.0')
