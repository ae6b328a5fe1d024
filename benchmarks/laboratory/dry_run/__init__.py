"""What the dry run's benchmark is made of: sites that move real bytes, an auditor, and the two parts of it."""
