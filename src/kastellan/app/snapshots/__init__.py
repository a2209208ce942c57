"""Snapshots as values that outlive a run: files, the saved ones of a cluster, their contents, and what a run compares with."""
