package com.acme.session;

import java.util.ArrayList;
import java.util.List;

final class Session {
    final String id;
    final long openedAt = System.nanoTime();
    final List<Object> basket = new ArrayList<>(4);

    Session(String id) {
        this.id = id;
        basket.add(Long.valueOf(openedAt));
        basket.add(new int[] {1, 2, 3});
    }
}
