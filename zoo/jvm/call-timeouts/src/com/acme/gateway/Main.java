package com.acme.gateway;

import com.acme.gateway.order.OrderGateway;
import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;

/** Takes orders in and passes them on to the warehouse. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        OrderGateway gateway = new OrderGateway(Catalog.load(200_000));
        HttpService service = new HttpService(0, 8).route("/order", gateway::order);
        service.start();
        new LoadGenerator(
                        service.port(),
                        random -> "/order?id=" + random.nextInt(200_000) + "&amount=" + random.nextInt(9))
                .start(4, 140);
        Lifetime.serve();
    }
}
