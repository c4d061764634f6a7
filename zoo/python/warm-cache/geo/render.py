_terrain = []


def load_terrain():
    for row in range(1000):
        _terrain.append([(row * column) % 255 for column in range(100)])


def draw(x, y, zoom):
    row = _terrain[x % 1000]
    return {"zoom": zoom, "pixels": bytearray(row[y % 100: y % 100 + 8]) * 400, "label": "tile %d/%d" % (x, y)}
