"""Judging readiness: evidence in, verdicts out. Pure functions that read no clock, no database and no file."""
