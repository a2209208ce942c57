"""Transactions: does an open one hold back those who read only what is committed?"""
