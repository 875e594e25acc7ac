"""The read model: declaring, writing, following, rebuilding, asking."""
