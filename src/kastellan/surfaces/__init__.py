"""Ways in: each parses what was asked, calls one use case and renders its value."""
