"""From findings to causes; one file per cause, found by reading the folder."""
