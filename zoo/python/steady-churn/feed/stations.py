COUNT = 30_000
_stations = {}


def load():
    for number in range(COUNT):
        _stations[number] = {"name": "station %d" % number, "position": (number % 180, number % 90), "history": []}


def remember(number, mean):
    history = _stations[number]["history"]
    history.append(mean)
    del history[:-3]
