"""Aggregates a feed of measurements in windows of two seconds."""
import random
import threading
import time

from feed import stations, windows


def sensor(seed):
    dice = random.Random(seed)
    while True:
        batch = [{"station": dice.randrange(stations.COUNT), "value": dice.random(), "at": time.monotonic()}
                 for _ in range(50)]
        windows.add(batch)
        time.sleep(0.01)


def main():
    stations.load()
    for seed in range(2):
        threading.Thread(target=sensor, args=(seed,), daemon=True, name="sensor-%d" % seed).start()
    print("ready", flush=True)
    end = time.monotonic() + 600
    while time.monotonic() < end:
        windows.close(before=time.monotonic() - 2)
        time.sleep(0.1)


main()
