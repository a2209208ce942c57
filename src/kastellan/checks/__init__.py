"""Judgements: snapshot -> verdicts. One file a check, in families; the folder is read, there is no list to edit."""
