"""The needs of checks and views, and the resolver that satisfies them from a snapshot."""
