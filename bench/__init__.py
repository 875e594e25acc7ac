"""Numbers, with the machine named. `make bench` runs them all; nothing here is a test."""
