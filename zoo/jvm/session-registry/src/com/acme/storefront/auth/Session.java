package com.acme.storefront.auth;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What the shop knows of one visitor. */
public final class Session {
    private static final int PAGES_KEPT = 20;

    private final String visitor;
    private final Instant since = Instant.now();
    private final Deque<String> lastPages = new ArrayDeque<>();
    private final List<Integer> cart = new ArrayList<>();
    private final byte[] recommendations = new byte[12_000];

    Session(String visitor) {
        this.visitor = visitor;
    }

    public synchronized void viewed(String page) {
        lastPages.addLast(page);
        if (lastPages.size() > PAGES_KEPT) {
            lastPages.removeFirst();
        }
    }

    public synchronized int addToCart(int product) {
        cart.add(product);
        return cart.size();
    }

    public String visitor() {
        return visitor;
    }

    public Instant since() {
        return since;
    }

    public int recommendation(int slot) {
        return recommendations[Math.floorMod(slot, recommendations.length)];
    }
}
