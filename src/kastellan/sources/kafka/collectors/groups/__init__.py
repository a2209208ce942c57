"""Groups: what their coordinators tell of members, assignments, commits and share groups."""
