"""All products, in memory: large, and of a fixed size."""

SIZE = 60_000
PRODUCTS = {}


class Product:
    def __init__(self, sku, name, price):
        self.sku = sku
        self.name = name
        self.price = price
        self.tags = [name[:4], name[-3:]]
        self.stock = 1000


def load():
    for sku in range(SIZE):
        PRODUCTS[sku] = Product(sku, "product number %06d of the autumn collection" % sku, 100 + sku % 9000)


def find(sku):
    return PRODUCTS[sku]
