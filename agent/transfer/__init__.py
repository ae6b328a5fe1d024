"""The threshold transfer, near end: asks the probe server for a slot, downloads and uploads in it."""
