"""The audit trail. It was meant to be flushed to the database every minute."""
import time

TRAIL = []


class Entry:
    def __init__(self, action, order):
        self.at = time.time()
        self.action = action
        self.customer = order.customer
        self.snapshot = [dict(line) for line in order.lines]


def record(action, order):
    TRAIL.append(Entry(action, order))
