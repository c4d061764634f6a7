_rooms = {}


def load():
    for number in range(20_000):
        _rooms["room-%d" % number] = {"topic": "about %d" % number, "members": set(), "rules": ["be kind", str(number)]}


def join(room, member):
    _rooms[room]["members"].add(member)


def leave(room, member):
    _rooms[room]["members"].discard(member)
