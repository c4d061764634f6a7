package com.acme.checkout.basket;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** All baskets that are not paid for; one that nobody touches goes after fifteen seconds. */
public final class Baskets {
    private static final long LIFE_MILLISECONDS = 15_000;

    private final Map<Integer, Basket> open = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    public void start() {
        clock.scheduleAtFixedRate(this::expire, 500, 500, TimeUnit.MILLISECONDS);
    }

    public void put(Basket basket) {
        open.put(basket.customer(), basket);
    }

    public Basket take(int customer) {
        return open.remove(customer);
    }

    private void expire() {
        long oldest = System.currentTimeMillis() - LIFE_MILLISECONDS;
        open.values().removeIf(basket -> basket.since() < oldest);
    }
}
