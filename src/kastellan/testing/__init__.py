"""For our tests and for those of plug-in authors: snapshots, the law of missing data, a fake broker."""
