"""Who is logged in. Sessions expire, so this registry stays small."""
import threading
import time

ACTIVE = {}
_lock = threading.Lock()


class Session:
    def __init__(self, customer):
        self.customer = customer
        self.opened = time.monotonic()
        self.basket = []


def open_session(customer):
    with _lock:
        session = ACTIVE.get(customer)
        if session is None:
            session = ACTIVE[customer] = Session(customer)
        return session


def expire(older_than):
    limit = time.monotonic() - older_than
    with _lock:
        for customer in [c for c, s in ACTIVE.items() if s.opened < limit]:
            del ACTIVE[customer]
