"""Prices for a market place: tariffs, exchange rates, and quotes that depend on both."""
import random
import sys
import threading
import time

from pricing import quotes, rates, tariffs


def ask(seed):
    dice = random.Random(seed)
    minute = 0
    while True:
        minute += 1
        for _ in range(20):
            quotes.quote("customer-%07d" % dice.randrange(10_000_000), dice.randrange(tariffs.COUNT), minute)
        rates.convert(dice.choice(rates.CURRENCIES), dice.choice(rates.CURRENCIES), minute % 60)
        time.sleep(0.02)


def main():
    tariffs.load()
    for seed in range(2):
        threading.Thread(target=ask, args=(seed,), daemon=True, name="asker-%d" % seed).start()
    print("ready")
    sys.stdout.flush()
    time.sleep(600)


main()
