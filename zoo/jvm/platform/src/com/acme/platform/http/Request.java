package com.acme.platform.http;

import com.sun.net.httpserver.HttpExchange;
import java.util.HashMap;
import java.util.Map;

/** A request as the services see it: its path and its parameters. */
public record Request(String path, Map<String, String> parameters) {
    static Request of(HttpExchange exchange) {
        Map<String, String> parameters = new HashMap<>();
        String query = exchange.getRequestURI().getQuery();
        if (query != null) {
            for (String pair : query.split("&")) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    parameters.put(pair.substring(0, equals), pair.substring(equals + 1));
                }
            }
        }
        return new Request(exchange.getRequestURI().getPath(), parameters);
    }

    public String text(String name) {
        return parameters.getOrDefault(name, "");
    }

    public int number(String name) {
        return Integer.parseInt(parameters.getOrDefault(name, "0"));
    }
}
