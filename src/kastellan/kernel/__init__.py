"""What every room uses: errors, outcomes, deadlines, units, secrets."""
