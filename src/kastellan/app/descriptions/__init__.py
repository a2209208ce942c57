"""What is known of one thing, joined on one screen: one file a kind, found in this folder.

Each module has `WORD`, `build` (a pure function whose annotations are its needs, as those of checks and views; `name` is
what was typed) and, where less is to be collected for one member, `narrow`.
"""
