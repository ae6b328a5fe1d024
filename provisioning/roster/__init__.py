"""The list of sites, their schools, lines and contacts: read, compared with the registry, taken in, written out."""
