"""Taking in: messages become settled reports, evidence, standings and flag changes, in one transaction per batch."""
