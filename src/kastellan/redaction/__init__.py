"""Pseudonyms in place of names, so that a snapshot may leave the house."""
