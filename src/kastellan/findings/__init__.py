"""From verdicts to what is shown: the stages between evaluation and the screen."""
