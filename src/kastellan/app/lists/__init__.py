"""What `get` and `lag` show: each list is a function whose annotations are its needs, as those of checks and views."""
