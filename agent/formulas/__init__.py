"""The arithmetic of the line test: pure functions of recorded or simulated traces; no clock, no network."""
