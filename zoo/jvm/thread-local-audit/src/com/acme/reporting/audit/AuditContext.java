package com.acme.reporting.audit;

/** The audit trail of the request that the calling thread works on. */
public final class AuditContext {
    private static final ThreadLocal<AuditTrail> CURRENT = ThreadLocal.withInitial(AuditTrail::new);

    private AuditContext() {}

    public static AuditTrail current() {
        return CURRENT.get();
    }

    /** To be called when a request is done. */
    public static void clear() {
        CURRENT.remove();
    }
}
