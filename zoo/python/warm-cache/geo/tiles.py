import threading
from collections import OrderedDict

from geo import render

LIMIT = 8_000
_cache = OrderedDict()
_lock = threading.Lock()


def get(x, y, zoom):
    key = (x, y, zoom)
    with _lock:
        tile = _cache.get(key)
        if tile is not None:
            _cache.move_to_end(key)
            return tile
    tile = render.draw(x, y, zoom)
    with _lock:
        _cache[key] = tile
        while len(_cache) > LIMIT:
            _cache.popitem(last=False)
    return tile
