"""The libraries of Windows that are asked, one file each. None of these files can be imported elsewhere."""
