"""TLS for every end that needs it: contexts from settings, key stores of all kinds, and precise words for what went wrong."""
