"""The centre: takes reports in, judges what they prove, shows it, and follows up."""
