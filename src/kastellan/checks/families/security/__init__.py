"""Who may connect, how, and what they may do; and which known weaknesses the software has."""
