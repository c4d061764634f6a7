package com.acme.platform;

import java.util.concurrent.TimeUnit;

/** A demonstration service does not outlive its demonstration. */
public final class Lifetime {
    private Lifetime() {}

    /** Tells that the service is ready, and ends it after ten minutes. */
    public static void serve() throws InterruptedException {
        System.out.println("ready");
        TimeUnit.MINUTES.sleep(10);
        System.exit(0);
    }
}
