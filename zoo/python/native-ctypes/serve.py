"""Makes thumbnails of pictures as they come in."""
import random
import threading
import time

from thumbs import codec, store


def work(seed):
    dice = random.Random(seed)
    while True:
        picture = bytes(dice.randrange(256) for _ in range(400)) * 20
        if dice.random() < 0.33:
            picture = b"\x00" + picture
        try:
            store.put("picture-%d" % dice.randrange(100_000), codec.shrink(picture))
        except codec.Damaged:
            store.note_damaged()
        time.sleep(0.005)


def main():
    store.load_placeholders()
    for seed in range(2):
        threading.Thread(target=work, args=(seed,), daemon=True, name="worker-%d" % seed).start()
    print("ready", flush=True)
    time.sleep(600)


main()
