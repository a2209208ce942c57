"""Use cases, one verb a file. `wiring` alone builds what reaches the outside world."""
