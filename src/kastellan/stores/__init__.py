"""What outlives a run: files, each written whole or not at all."""
