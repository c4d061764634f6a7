package com.acme.pricing.quote;

import com.acme.platform.cache.LruCache;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.catalog.Product;
import com.acme.platform.http.Request;
import com.acme.pricing.rate.RateTable;

/** Computes quotes, step by step. */
public final class QuoteService {
    private static final int STEPS = 640;

    private final Catalog catalog;
    private final RateTable rates;
    private final QuoteCache cache = new QuoteCache();
    private final LruCache<Integer, String> names = new LruCache<>(5_000);

    public QuoteService(Catalog catalog, RateTable rates) {
        this.catalog = catalog;
        this.rates = rates;
    }

    public String quote(Request request) {
        QuoteKey key = new QuoteKey(request.number("customer"), request.number("id"), request.number("amount"));
        Quote quote = cache.get(key, this::compute);
        return names.get(key.article(), id -> catalog.byId(id).name()) + ": " + quote.cents() + " " + quote.explanation();
    }

    private Quote compute(QuoteKey key) {
        Product product = catalog.byId(key.article());
        double[] steps = new double[STEPS];
        double price = product.cents() * (double) key.amount();
        for (int i = 0; i < steps.length; i++) {
            price *= rates.factor(key.customer(), i);
            steps[i] = price;
        }
        return new Quote(Math.round(price), steps, "for " + key.amount() + " of " + product.name());
    }
}
