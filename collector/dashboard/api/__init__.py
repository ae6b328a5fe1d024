"""The API: what other programs read, a file for each subject. Its description is at /api/v1/openapi.json."""
