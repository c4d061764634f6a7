package com.acme.trading;

import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;
import com.acme.trading.alert.AlertService;
import com.acme.trading.feed.MarketFeed;

/** Watches prices for customers who want to be told when one falls. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        Catalog instruments = Catalog.load(150_000);
        MarketFeed feed = new MarketFeed(instruments);
        AlertService alerts = new AlertService(feed);
        HttpService service =
                new HttpService(0, 8)
                        .route("/price", request -> feed.price(request.number("id")))
                        .route("/watch", alerts::watch);
        service.start();
        feed.start();
        new LoadGenerator(
                        service.port(),
                        random ->
                                (random.nextBoolean() ? "/watch" : "/price")
                                        + "?customer=c" + random.nextInt(900)
                                        + "&id=" + random.nextInt(150_000))
                .start(4, 150);
        Lifetime.serve();
    }
}
