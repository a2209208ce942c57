"""Use cases, one verb per file. Only `wiring` builds what reaches the outside world."""
