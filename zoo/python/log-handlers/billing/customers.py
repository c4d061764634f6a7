COUNT = 40_000
_customers = []


def load():
    for number in range(COUNT):
        _customers.append({"number": number, "name": "Customer %d Ltd" % number, "open": [number % 97, number % 31]})


def find(number):
    return _customers[number]
