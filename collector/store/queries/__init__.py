"""What pages, API and status read, one file per subject; what ingest writes is in `store.intake`."""
