"""Places orders. The last thousand are kept for the dashboard."""
import itertools
from collections import deque

from shop import audit, catalogue

RECENT = deque(maxlen=1000)
_numbers = itertools.count(1)


class Order:
    def __init__(self, number, customer, lines):
        self.number = number
        self.customer = customer
        self.lines = lines
        self.total = sum(line["price"] * line["quantity"] for line in lines)


def place(session, wanted):
    lines = []
    for sku, quantity in wanted:
        product = catalogue.find(sku)
        lines.append({"sku": sku, "name": product.name, "price": product.price, "quantity": quantity})
    order = Order(next(_numbers), session.customer, lines)
    RECENT.append(order)
    audit.record("order placed", order)
    return order
