"""The commands of diemcau-provision, by subject."""
