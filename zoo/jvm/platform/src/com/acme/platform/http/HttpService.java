package com.acme.platform.http;

import com.acme.platform.metrics.Metrics;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** The HTTP edge that every service shares: routes, a worker pool, a metrics page, a health page. */
public final class HttpService {
    static {
        // The server writes head and body apart: without this each answer waits for a delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final Metrics metrics = new Metrics();

    public HttpService(int port, int workers) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 512);
        AtomicInteger number = new AtomicInteger();
        server.setExecutor(
                Executors.newFixedThreadPool(
                        workers,
                        task -> {
                            Thread thread = new Thread(task, "http-worker-" + number.incrementAndGet());
                            thread.setDaemon(true);
                            return thread;
                        }));
        server.createContext("/health", exchange -> send(exchange, 200, "ok"));
        server.createContext("/metrics", exchange -> send(exchange, 200, metrics.render()));
    }

    public HttpService route(String path, Route route) {
        server.createContext(
                path,
                exchange -> {
                    long start = System.nanoTime();
                    try {
                        send(exchange, 200, route.handle(Request.of(exchange)));
                    } catch (RuntimeException failure) {
                        metrics.failed();
                        send(exchange, 500, String.valueOf(failure.getMessage()));
                    } finally {
                        metrics.served(System.nanoTime() - start);
                    }
                });
        return this;
    }

    public void start() {
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }
}
