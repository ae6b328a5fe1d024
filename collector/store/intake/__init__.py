"""What ingest and sweep read and write; what pages read is in `queries`. Every function takes an open connection."""
