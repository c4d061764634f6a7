"""Reads documents, indexes their words, forgets them: or so it was meant."""
import gc
import random
import time

from pipeline import index, reader, settings


def main():
    index.load_vocabulary()
    if settings.LOW_LATENCY:
        gc.disable()
    print("ready", flush=True)
    dice = random.Random(7)
    end = time.monotonic() + 600
    while time.monotonic() < end:
        document = reader.read(reader.generate(dice))
        index.add(document)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
