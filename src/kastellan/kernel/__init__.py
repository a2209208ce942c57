"""Words shared by every room: errors, outcomes, deadlines, clocks, units, secrets."""
