"""The days before an event: what is tested in a window, and what those who decide conclude from it."""
