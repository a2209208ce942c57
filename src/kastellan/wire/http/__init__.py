"""HTTP for the ends: one request under one deadline, with bounded answers."""
