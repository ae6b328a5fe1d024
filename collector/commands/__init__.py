"""Groups of commands of `diemcau-collector`, one a file."""
