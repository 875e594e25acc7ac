"""The command line: verbs, those of commands and queries derived from their types. `main` is the door."""
