"""The tables of a Snapshot, one file each; a file is a class whose docstring and columns are its reference page."""
