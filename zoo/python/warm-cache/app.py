"""Serves map tiles through a cache with a bound."""
import random
import threading
import time

from geo import render, tiles


def viewer(seed):
    dice = random.Random(seed)
    while True:
        x, y = int(dice.gauss(500, 200)), int(dice.gauss(500, 200))
        tiles.get(x, y, dice.randrange(3))
        time.sleep(0.002)


def main():
    render.load_terrain()
    for seed in range(2):
        threading.Thread(target=viewer, args=(seed,), daemon=True, name="viewer-%d" % seed).start()
    print("ready", flush=True)
    time.sleep(600)


main()
