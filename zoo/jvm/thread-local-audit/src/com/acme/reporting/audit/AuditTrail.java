package com.acme.reporting.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What was seen in the course of one request. */
public final class AuditTrail {
    private final List<AuditEvent> events = new ArrayList<>();

    public void saw(String user, String object, String detail) {
        events.add(new AuditEvent(Instant.now(), user, object, detail));
    }

    public int size() {
        return events.size();
    }
}
