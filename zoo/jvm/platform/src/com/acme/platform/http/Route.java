package com.acme.platform.http;

/** What answers a request. */
@FunctionalInterface
public interface Route {
    String handle(Request request);
}
