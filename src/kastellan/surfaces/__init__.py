"""Interfaces for people and programs: each parses its input, calls one use case and renders the value."""
