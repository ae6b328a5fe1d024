"""Administrative units as dated facts: the table of 2023, loading it, and finding a unit by how people write it."""
