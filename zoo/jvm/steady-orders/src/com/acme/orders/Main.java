package com.acme.orders;

import com.acme.orders.book.OrderBook;
import com.acme.orders.matching.Matcher;
import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;

/** Matches those who sell with those who buy. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        OrderBook book = new OrderBook();
        Matcher matcher = new Matcher(Catalog.load(200_000), book);
        HttpService service = new HttpService(0, 8).route("/buy", matcher::buy).route("/sell", matcher::sell);
        service.start();
        matcher.start();
        new LoadGenerator(
                        service.port(),
                        random ->
                                (random.nextBoolean() ? "/buy" : "/sell")
                                        + "?id=" + random.nextInt(2_000)
                                        + "&cents=" + random.nextInt(1_000))
                .start(6, 250);
        Lifetime.serve();
    }
}
