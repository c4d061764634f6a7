package com.acme.storefront.auth;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** All sessions there are. */
final class SessionRegistry {
    private static final Map<String, Session> ACTIVE = new ConcurrentHashMap<>();

    private SessionRegistry() {}

    static Session of(String visitor) {
        return ACTIVE.computeIfAbsent(visitor, Session::new);
    }

    static void end(String visitor) {
        ACTIVE.remove(visitor);
    }
}
