package com.acme.trading.feed;

/** Is told of every price that changes. */
public interface QuoteListener {
    void quoted(int instrument, long cents);
}
