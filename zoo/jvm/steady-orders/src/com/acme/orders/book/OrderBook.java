package com.acme.orders.book;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Orders that wait for their counterpart, until they expire. */
public final class OrderBook {
    private final Map<Integer, Deque<Order>> waiting = new HashMap<>();
    private final Deque<Order> byExpiry = new ArrayDeque<>();

    public synchronized void add(Order order) {
        waiting.computeIfAbsent(order.article(), a -> new ArrayDeque<>()).add(order);
        byExpiry.add(order);
    }

    public synchronized Optional<Order> match(int article, boolean buys) {
        Deque<Order> orders = waiting.get(article);
        Optional<Order> found =
                orders == null ? Optional.empty() : orders.stream().filter(o -> o.buys() != buys).findFirst();
        found.ifPresent(orders::remove);
        return found;
    }

    public synchronized int expire(long now) {
        int expired = 0;
        while (!byExpiry.isEmpty() && byExpiry.peek().expires() <= now) {
            Order order = byExpiry.remove();
            Deque<Order> orders = waiting.get(order.article());
            if (orders != null && orders.remove(order)) {
                expired++;
            }
            if (orders != null && orders.isEmpty()) {
                waiting.remove(order.article());
            }
        }
        return expired;
    }
}
