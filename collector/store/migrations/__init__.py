"""The Alembic chain of the collector's tables; numbered revisions in `versions`, each written by hand."""
