"""What a customer would pay for a product now."""
from functools import lru_cache

from pricing import tariffs


class Quote:
    def __init__(self, customer, product, lines):
        self.customer = customer
        self.product = product
        self.lines = lines


@lru_cache(maxsize=None)
def quote(customer, product, minute):
    tariff = tariffs.of(product)
    discount = (hash(customer) % 15) / 100
    lines = [{"quantity": q, "price": round(p * (1 - discount)), "minute": minute} for q, p in tariff.steps]
    return Quote(customer, tariff.product, lines)
