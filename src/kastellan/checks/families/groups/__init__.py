"""Consumer groups: does somebody read, and does the reading move on?"""
