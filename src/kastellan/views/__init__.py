"""Tables derived from other tables by pure functions; one file per view."""
