package com.acme.pricing;

import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;
import com.acme.pricing.quote.QuoteService;
import com.acme.pricing.rate.RateTable;

/** Computes what a customer pays for an article on a day. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        QuoteService quotes = new QuoteService(Catalog.load(200_000), RateTable.load());
        HttpService service = new HttpService(0, 8).route("/quote", quotes::quote);
        service.start();
        new LoadGenerator(
                        service.port(),
                        random ->
                                "/quote?customer=" + random.nextInt(50_000)
                                        + "&id=" + random.nextInt(200_000)
                                        + "&amount=" + (1 + random.nextInt(40)))
                .start(6, 220);
        Lifetime.serve();
    }
}
