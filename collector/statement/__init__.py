"""The statement of a gate: one body of facts, from which every form of it is drawn."""
