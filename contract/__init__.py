"""What one package writes and another reads.

A thing belongs here when it is written by one package and read by another, and holds nothing but naming, encoding,
validation and words. `wire`, `stamp`, `clock` and `languages` use the standard library only, because the resident
agent imports them; the other modules may use pydantic.

Everything here must understand what devices in the field already send: fields are added, never renamed or
reused; receivers ignore fields they do not know; every message ever sent parses forever (tests/contract/golden).
"""

__version__ = "0.1.0"
