"""Findings to causes: one file a cause, read from the folder."""
