package com.acme.gateway.rpc;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends calls that are never answered. */
final class Timeouts {
    private static final long LONGEST_MINUTES = 60;

    private final ScheduledExecutorService clock =
            Executors.newScheduledThreadPool(
                    1,
                    task -> {
                        Thread thread = new Thread(task, "rpc-timeouts");
                        thread.setDaemon(true);
                        return thread;
                    });

    void watch(PendingCall call) {
        clock.schedule(call::timeOut, LONGEST_MINUTES, TimeUnit.MINUTES);
    }
}
