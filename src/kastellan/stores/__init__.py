"""Data that outlives a run, in files that are written atomically."""
