package com.acme.pricing.quote;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/** Remembers quotes, because computing one is dear. */
final class QuoteCache {
    private final ConcurrentMap<QuoteKey, Quote> quotes = new ConcurrentHashMap<>();
    private final LongAdder hits = new LongAdder();

    Quote get(QuoteKey key, Function<QuoteKey, Quote> compute) {
        Quote quote = quotes.get(key);
        if (quote != null) {
            hits.increment();
            return quote;
        }
        return quotes.computeIfAbsent(key, compute);
    }
}
