"""The pages, the API and the stream of changes: reads what the judge has stored and computes nothing of its own."""
