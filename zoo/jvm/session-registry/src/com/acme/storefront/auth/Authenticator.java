package com.acme.storefront.auth;

import com.acme.platform.cache.LruCache;
import com.acme.platform.http.Request;

/** Finds out who asks. */
public final class Authenticator {
    private final LruCache<String, byte[]> tokens = new LruCache<>(2_000);

    public Session session(Request request) {
        String visitor = request.text("visitor");
        byte[] token = tokens.get(visitor, v -> new byte[256]);
        token[0]++;
        return SessionRegistry.of(visitor);
    }

    public String logout(Request request) {
        SessionRegistry.end(request.text("visitor"));
        return "bye";
    }
}
