"""The collector's tables, their migrations, and the queries of each subject."""
