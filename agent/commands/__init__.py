"""The commands of diemcau-agent, one file for each subject."""
