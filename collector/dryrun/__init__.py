"""Dry runs: which sites are checked when, what that takes, and what comes of it."""
