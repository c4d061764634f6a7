package com.acme.events;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Fault 3: listeners that are registered and never taken off. */
public final class EventBus {
    private static final EventBus SHARED = new EventBus();

    private final List<Listener> listeners = new ArrayList<>();

    public static EventBus shared() {
        return SHARED;
    }

    public void fill(int count) {
        for (int i = 0; i < count; i++) {
            AtomicInteger seen = new AtomicInteger(i);
            StringBuilder view = new StringBuilder("view ").append(i);
            listeners.add(event -> view.append(event).append(seen.incrementAndGet()));
        }
    }

    interface Listener {
        void on(Object event);
    }
}
