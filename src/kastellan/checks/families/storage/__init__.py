"""Disks: are the log directories usable, and is there room in them?"""
