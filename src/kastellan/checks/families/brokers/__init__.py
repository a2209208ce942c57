"""Brokers: are they there, and can they be reached?"""
