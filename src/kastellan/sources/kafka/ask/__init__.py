"""What is asked of whom within a look, by kind of question; `fill` makes tables of the answers."""
