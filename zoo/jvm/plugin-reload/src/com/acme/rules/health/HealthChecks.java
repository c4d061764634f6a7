package com.acme.rules.health;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Everything that can say whether the service is well. */
public final class HealthChecks {
    private static final List<BooleanSupplier> CHECKS = new CopyOnWriteArrayList<>();

    private HealthChecks() {}

    public static void register(BooleanSupplier check) {
        CHECKS.add(check);
    }

    public static boolean healthy() {
        return CHECKS.stream().allMatch(BooleanSupplier::getAsBoolean);
    }
}
