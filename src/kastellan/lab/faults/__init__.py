"""Faults of a lab, one file each: a declaration `FAULT` and the functions `aim`, `inject` and `undo`. The folder is the registry."""
