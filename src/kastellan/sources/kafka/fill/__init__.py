"""Decoded answers to tables: pure functions, one file per kind of answer."""
