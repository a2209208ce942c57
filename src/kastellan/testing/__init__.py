"""Test support for this project and for plug-in authors: snapshots, the rules of missing data, a fake broker."""
