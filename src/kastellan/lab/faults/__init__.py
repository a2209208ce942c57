"""Faults of a lab, one file each: a declaration `FAULT`, and `aim`, `inject`, `undo`. The folder is the registry."""
