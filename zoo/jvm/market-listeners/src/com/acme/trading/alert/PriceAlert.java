package com.acme.trading.alert;

import com.acme.trading.feed.QuoteListener;

/** One customer's wish to be told when one price falls; keeps the last prices to draw them. */
final class PriceAlert implements QuoteListener {
    private final String customer;
    private final int instrument;
    private final long[] chart = new long[2_400];
    private int next;

    PriceAlert(String customer, int instrument) {
        this.customer = customer;
        this.instrument = instrument;
    }

    @Override
    public void quoted(int quoted, long cents) {
        if (quoted == instrument) {
            chart[next++ % chart.length] = cents;
        }
    }

    @Override
    public String toString() {
        return customer + " watches " + instrument;
    }
}
