"""Fill tables from the outside world and say what could not be seen."""
