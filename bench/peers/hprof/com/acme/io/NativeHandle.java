package com.acme.io;

/** Fault 4: finalizers that come to a standstill, so that everything behind them stays in the queue. */
public final class NativeHandle {
    private static final Object NEVER = new Object();

    private final int[] buffer = new int[16];

    @Override
    @SuppressWarnings({"deprecation", "removal"})
    protected void finalize() throws Throwable {
        synchronized (NEVER) {
            NEVER.wait();
        }
        super.finalize();
    }

    public static void abandon(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            new NativeHandle();
        }
        System.gc();
        Thread.sleep(500);
        System.gc();
        Thread.sleep(500);
    }
}
