"""Kill the node at random moments under load, and look for anything lost."""
