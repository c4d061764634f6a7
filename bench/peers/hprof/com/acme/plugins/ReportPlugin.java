package com.acme.plugins;

import java.util.HashMap;
import java.util.Map;

/** What is deployed: its data hangs on its class, not on the instance. */
public final class ReportPlugin implements Runnable {
    private static final Map<Integer, String> TEMPLATES = new HashMap<>();

    private final int rows;

    public ReportPlugin(int rows) {
        this.rows = rows;
    }

    @Override
    public void run() {
        for (int i = 0; i < rows; i++) {
            TEMPLATES.put(i, "template " + i);
        }
    }
}
