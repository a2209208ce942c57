"""From verdicts to a report: the stages between evaluation and rendering."""
