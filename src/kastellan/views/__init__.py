"""Tables derived from tables by pure functions. A file is a Frame class and the one function that returns it."""
