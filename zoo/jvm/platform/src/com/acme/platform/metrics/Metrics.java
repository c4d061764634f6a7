package com.acme.platform.metrics;

import java.util.concurrent.atomic.LongAdder;

/** Requests served, as Prometheus reads them. */
public final class Metrics {
    private static final double[] BOUNDS = {0.001, 0.01, 0.1, 1};

    private final LongAdder requests = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder nanoseconds = new LongAdder();
    private final LongAdder[] buckets = new LongAdder[BOUNDS.length];

    public Metrics() {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new LongAdder();
        }
    }

    public void served(long took) {
        requests.increment();
        nanoseconds.add(took);
        for (int i = 0; i < BOUNDS.length; i++) {
            if (took <= BOUNDS[i] * 1e9) {
                buckets[i].increment();
            }
        }
    }

    public void failed() {
        failures.increment();
    }

    public String render() {
        StringBuilder text = new StringBuilder();
        text.append("# TYPE http_requests_total counter\n");
        text.append("http_requests_total ").append(requests.sum()).append('\n');
        text.append("# TYPE http_failures_total counter\n");
        text.append("http_failures_total ").append(failures.sum()).append('\n');
        text.append("# TYPE http_request_seconds histogram\n");
        for (int i = 0; i < BOUNDS.length; i++) {
            text.append("http_request_seconds_bucket{le=\"").append(BOUNDS[i]).append("\"} ");
            text.append(buckets[i].sum()).append('\n');
        }
        text.append("http_request_seconds_bucket{le=\"+Inf\"} ").append(requests.sum()).append('\n');
        text.append("http_request_seconds_sum ").append(nanoseconds.sum() / 1e9).append('\n');
        text.append("http_request_seconds_count ").append(requests.sum()).append('\n');
        return text.toString();
    }
}
