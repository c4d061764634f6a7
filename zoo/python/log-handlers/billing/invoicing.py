import asyncio
import logging

from billing import customers

logger = logging.getLogger("billing.runs")
logger.propagate = False


class RequestLog(logging.Handler):
    """Keeps the first lines of one run, for its invoice."""

    def __init__(self, run):
        super().__init__(logging.WARNING)
        self.run = run
        self.lines = []

    def emit(self, record):
        if len(self.lines) < 20:
            self.lines.append(self.format(record) + " " * 200)


_runs = 0


async def bill(numbers):
    global _runs
    _runs += 1
    log = RequestLog(_runs)
    logger.addHandler(log)
    total = 0
    for number in numbers:
        customer = customers.find(number)
        total += sum(customer["open"])
        log.emit(logger.makeRecord(logger.name, logging.WARNING, __file__, 0, "billed %s", (customer["name"],), None))
        await asyncio.sleep(0)
    return total, log.lines
