"""A load that makes a lab look alive, with a known answer: what topics and groups there are, and which of them move."""

from kastellan.lab.load.control import LoadStatus, create_topics, start, status, stop, truth, wait_moving
from kastellan.lab.load.plan import GroupTruth, LoadTruth, TopicTruth

__all__ = [
    "GroupTruth",
    "LoadStatus",
    "LoadTruth",
    "TopicTruth",
    "create_topics",
    "start",
    "status",
    "stop",
    "truth",
    "wait_moving",
]
