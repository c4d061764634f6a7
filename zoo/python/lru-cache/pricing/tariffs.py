"""The price list, read once."""

COUNT = 50_000
_by_product = []


class Tariff:
    __slots__ = ("product", "steps", "currency")

    def __init__(self, product, steps, currency):
        self.product = product
        self.steps = steps
        self.currency = currency


def load():
    for product in range(COUNT):
        steps = [(quantity, 10_000 - product % 7000 - quantity) for quantity in (1, 10, 100, 1000)]
        _by_product.append(Tariff("product-%06d" % product, steps, "EUR"))


def of(product):
    return _by_product[product]
