"""Needs of checks and views, and the resolver that meets them from a snapshot."""
