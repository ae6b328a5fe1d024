"""Who and where: units, sites, people, devices; what puts them into the field."""
