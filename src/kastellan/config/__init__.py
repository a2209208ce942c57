"""How clusters are named and reached: what users have written down already is read as it is."""
