package com.acme.reporting.audit;

import java.time.Instant;

/** One thing that somebody has seen. */
public record AuditEvent(Instant at, String user, String object, String detail) {}
