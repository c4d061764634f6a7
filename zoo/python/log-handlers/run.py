"""Bills customers in small runs; each run's log is attached to its invoice."""
import asyncio
import logging
import random

from billing import customers, invoicing


async def biller(seed):
    dice = random.Random(seed)
    while True:
        await invoicing.bill(dice.sample(range(customers.COUNT), 5))
        await asyncio.sleep(0.02)


async def main():
    logging.basicConfig(level=logging.WARNING)
    customers.load()
    tasks = [asyncio.create_task(biller(seed)) for seed in range(2)]
    print("ready", flush=True)
    await asyncio.wait(tasks, timeout=600)


asyncio.run(main())
