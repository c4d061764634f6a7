package com.acme.audit;

/** Fault 8: a linked list that nobody ever cuts. */
public final class AuditLog {
    private static AuditLog instance = new AuditLog();

    private Record first = new Record(0, null);
    private Record last = first;

    private AuditLog() {}

    public static void fill(int count) {
        for (int i = 1; i < count; i++) {
            instance.last.next = new Record(i, "change " + (i & 1023));
            instance.last = instance.last.next;
        }
    }

    private static final class Record {
        final long time;
        final String text;
        Record next;

        Record(long time, String text) {
            this.time = time;
            this.text = text;
        }
    }
}
