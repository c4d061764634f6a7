package com.acme.pricing.rate;

import java.util.Random;

/** Discounts by customer group and step. */
public final class RateTable {
    private final double[][] factors;

    private RateTable(double[][] factors) {
        this.factors = factors;
    }

    public static RateTable load() {
        Random random = new Random(3);
        double[][] factors = new double[2_000][1_000];
        for (double[] row : factors) {
            for (int i = 0; i < row.length; i++) {
                row[i] = 0.999 + random.nextDouble() * 0.002;
            }
        }
        return new RateTable(factors);
    }

    public double factor(int customer, int step) {
        return factors[customer % factors.length][step];
    }
}
