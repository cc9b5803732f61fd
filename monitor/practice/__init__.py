"""The practice forum: a small real web forum on loopback with invented posts, for the demo and the tests.

It decides what a crawler meets there; it never listens on anything but 127.0.0.1 and keeps nothing on disk.
"""

from monitor.practice.discussion import ForumPost
from monitor.practice.forum import PracticeForum
from monitor.practice.subjects import DEMO_SUBJECTS

__all__ = ["DEMO_SUBJECTS", "ForumPost", "PracticeForum"]
