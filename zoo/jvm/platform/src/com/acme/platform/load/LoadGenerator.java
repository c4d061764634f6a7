package com.acme.platform.load;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.Random;
import java.util.function.Function;
import java.util.function.LongToDoubleFunction;

/** Customers, as far as the service can tell: a few threads that ask over HTTP at a given rate. */
public final class LoadGenerator {
    private final int port;
    private final Function<Random, String> nextPath;

    /** @param nextPath makes up what is asked next, path and query */
    public LoadGenerator(int port, Function<Random, String> nextPath) {
        this.port = port;
        this.nextPath = nextPath;
    }

    /** Asks at a steady rate, in requests a second over all clients. */
    public void start(int clients, double rate) {
        start(clients, second -> rate);
    }

    /** Asks at a rate that changes with the seconds since the start. */
    public void start(int clients, LongToDoubleFunction rate) {
        long start = System.nanoTime();
        for (int client = 0; client < clients; client++) {
            Random random = new Random(client);
            Thread thread =
                    new Thread(
                            () -> {
                                while (true) {
                                    long second = (System.nanoTime() - start) / 1_000_000_000L;
                                    pause(clients / rate.applyAsDouble(second) * (0.5 + random.nextDouble()));
                                    ask(nextPath.apply(random));
                                }
                            },
                            "client-" + client);
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void ask(String path) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) new URL("http://127.0.0.1:" + port + path).openConnection();
            try (InputStream body = connection.getInputStream()) {
                body.readAllBytes();
            }
        } catch (IOException failure) {
            // A customer whose request failed comes back later.
            pause(0.1);
        }
    }

    private static void pause(double seconds) {
        try {
            Thread.sleep((long) (seconds * 1000), (int) (seconds * 1e9 % 1e6));
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
