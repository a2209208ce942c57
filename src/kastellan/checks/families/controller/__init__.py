"""The metadata quorum: is there a leader, and can it bear a failure?"""
