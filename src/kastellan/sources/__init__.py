"""Collectors that fill tables from the outside world and record what could not be read."""
