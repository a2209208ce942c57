"""Copies of partitions: are there enough of them, in the right places, and following?"""
