"""The gates of this repository: set-up, import contracts, sizes, locks, and the runner of them all."""
