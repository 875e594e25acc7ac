"""Layouts of banks' statements, as data."""
