package com.acme.gateway.rpc;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** Calls the warehouse and matches its answers to the calls. */
public final class RpcClient {
    private final Map<Long, PendingCall> pending = new ConcurrentHashMap<>();
    private final Timeouts timeouts = new Timeouts();
    private final AtomicLong numbers = new AtomicLong();
    private final ExecutorService wire =
            Executors.newFixedThreadPool(
                    2,
                    task -> {
                        Thread thread = new Thread(task, "rpc-wire");
                        thread.setDaemon(true);
                        return thread;
                    });

    public CompletableFuture<String> call(byte[] payload) {
        PendingCall call = new PendingCall(numbers.incrementAndGet(), payload);
        pending.put(call.number(), call);
        timeouts.watch(call);
        wire.execute(() -> answered(call.number(), "stored " + call.payload().length + " bytes"));
        return call.answer();
    }

    private void answered(long number, String answer) {
        PendingCall call = pending.remove(number);
        if (call != null) {
            call.answer().complete(answer);
        }
    }
}
