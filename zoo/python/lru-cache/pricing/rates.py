"""Exchange rates: cached with a bound."""
from functools import lru_cache

CURRENCIES = ["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK"]


@lru_cache(maxsize=2048)
def convert(source, target, minute):
    base = (hash(source) % 97 + 1) / (hash(target) % 97 + 1)
    return {"source": source, "target": target, "rate": base * (1 + minute / 10_000)}
