package com.acme.plugins.discount;

import com.acme.platform.catalog.Product;
import com.acme.rules.engine.Rules;
import com.acme.rules.health.HealthChecks;

/** A tenth off, more for some. */
public final class DiscountRules implements Rules {
    private static final int[] TABLE = new int[48 * 1024];

    public DiscountRules() {
        for (int i = 0; i < TABLE.length; i++) {
            TABLE[i] = i % 7 == 0 ? 80 : 90;
        }
        HealthChecks.register(() -> TABLE[0] > 0);
    }

    @Override
    public long price(Product product) {
        return product.cents() * TABLE[Math.floorMod(product.id(), TABLE.length)] / 100;
    }
}
