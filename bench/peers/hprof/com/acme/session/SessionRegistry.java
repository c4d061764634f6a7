package com.acme.session;

import java.util.HashMap;
import java.util.Map;

/** Fault 1: a static map whose entries are never removed. */
public final class SessionRegistry {
    private static final Map<String, Session> SESSIONS = new HashMap<>();

    private SessionRegistry() {}

    public static void fill(int count) {
        for (int i = 0; i < count; i++) {
            Session session = new Session("user-" + i);
            SESSIONS.put(session.id, session);
        }
    }
}
