"""The commands: a file is a command (`run`) or a group of commands (`app`), named as the file is."""
