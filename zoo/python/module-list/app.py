"""A small shop: takes orders, checks stock, keeps sessions that expire."""
import random
import threading
import time

from shop import catalogue, orders, sessions


def customer(seed, stop):
    dice = random.Random(seed)
    while not stop.is_set():
        session = sessions.open_session("customer-%d" % dice.randrange(5000))
        lines = [(dice.randrange(catalogue.SIZE), dice.randrange(1, 4)) for _ in range(dice.randrange(1, 5))]
        orders.place(session, lines)
        if dice.random() < 0.3:
            sessions.expire(older_than=5.0)
        time.sleep(0.004)


def main():
    catalogue.load()
    stop = threading.Event()
    for seed in range(3):
        threading.Thread(target=customer, args=(seed, stop), daemon=True, name="customer-%d" % seed).start()
    print("ready", flush=True)
    time.sleep(600)
    stop.set()


if __name__ == "__main__":
    main()
