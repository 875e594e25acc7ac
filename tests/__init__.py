"""The tests of Linlian; a business keeps its own beside its rules."""
