"""Finished thumbnails: the newest ten thousand."""
import threading
from collections import OrderedDict

LIMIT = 10_000
_thumbnails = OrderedDict()
_lock = threading.Lock()
_damaged = 0


def load_placeholders():
    for number in range(LIMIT):
        _thumbnails["placeholder-%d" % number] = bytes(512)


def put(name, thumbnail):
    with _lock:
        _thumbnails[name] = thumbnail
        while len(_thumbnails) > LIMIT:
            _thumbnails.popitem(last=False)


def note_damaged():
    global _damaged
    _damaged += 1
