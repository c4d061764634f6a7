package com.acme.orders.matching;

import com.acme.orders.book.Order;
import com.acme.orders.book.OrderBook;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.Request;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Looks for a counterpart, and lets an order wait for ten seconds where there is none. */
public final class Matcher {
    private static final long PATIENCE_MILLISECONDS = 10_000;

    private final Catalog catalog;
    private final OrderBook book;
    private final AtomicLong numbers = new AtomicLong();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    public Matcher(Catalog catalog, OrderBook book) {
        this.catalog = catalog;
        this.book = book;
    }

    public void start() {
        clock.scheduleAtFixedRate(() -> book.expire(System.currentTimeMillis()), 1, 1, TimeUnit.SECONDS);
    }

    public String buy(Request request) {
        return place(request, true);
    }

    public String sell(Request request) {
        return place(request, false);
    }

    private String place(Request request, boolean buys) {
        int article = request.number("id");
        Optional<Order> counterpart = book.match(article, buys);
        if (counterpart.isPresent()) {
            return catalog.byId(article).name() + " changed hands for " + counterpart.get().cents();
        }
        long expires = System.currentTimeMillis() + PATIENCE_MILLISECONDS;
        book.add(new Order(numbers.incrementAndGet(), article, request.number("cents"), buys, expires, new byte[9_000]));
        return "waiting";
    }
}
