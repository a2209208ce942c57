"""Pseudonyms instead of names, so that a snapshot can be shared."""
