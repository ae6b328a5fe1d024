"""Administrative units as dated facts: the table of 2023, loading it, and finding a unit by how people write it."""

from __future__ import annotations

KNOWN_ON = "2023-08-15"  # a day on which the units of the table are in force, for an event that names none
