"""From a snapshot to verdicts; one file per check, in families, found by reading the folders."""
