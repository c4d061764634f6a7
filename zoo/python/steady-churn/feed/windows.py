import threading
from collections import deque

from feed import stations

_open = deque()
_lock = threading.Lock()


def add(batch):
    with _lock:
        _open.append(batch)


def close(before):
    sums = {}
    with _lock:
        while _open and _open[0][0]["at"] < before:
            for measurement in _open.popleft():
                sums.setdefault(measurement["station"], []).append(measurement["value"])
    for station, values in sums.items():
        stations.remember(station, sum(values) / len(values))
