package com.acme.web;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Fault 2: a thread-local value on pooled threads that is never removed. */
public final class RequestContext {
    private static final ThreadLocal<RequestContext> CURRENT = ThreadLocal.withInitial(RequestContext::new);
    private static final ExecutorService POOL = Executors.newFixedThreadPool(14, new WebThreads());

    private final List<String> trail = new ArrayList<>();

    public static void serve(int threads, int steps) throws InterruptedException {
        CountDownLatch together = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            POOL.execute(() -> {
                for (int i = 0; i < steps; i++) {
                    CURRENT.get().trail.add("step " + i);
                }
                together.countDown();
                try {
                    together.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        together.await();
    }

    private static final class WebThreads implements ThreadFactory {
        private final AtomicInteger next = new AtomicInteger(1);

        @Override
        public Thread newThread(Runnable work) {
            Thread thread = new Thread(work, "web-worker-" + next.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        }
    }
}
