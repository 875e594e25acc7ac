"""What holds for every business there is."""
