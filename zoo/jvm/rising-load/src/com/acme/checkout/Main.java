package com.acme.checkout;

import com.acme.checkout.basket.Baskets;
import com.acme.checkout.payment.PaymentService;
import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;

/** Customers fill a basket and pay for it soon after, or never. */
public final class Main {
    private static final double FIRST_RATE = 30;
    private static final double MORE_EACH_SECOND = 2;

    public static void main(String[] arguments) throws Exception {
        Baskets baskets = new Baskets();
        PaymentService payments = new PaymentService(Catalog.load(150_000), baskets);
        HttpService service = new HttpService(0, 8).route("/fill", payments::fill).route("/pay", payments::pay);
        service.start();
        baskets.start();
        new LoadGenerator(
                        service.port(),
                        random ->
                                (random.nextInt(10) < 7 ? "/fill" : "/pay")
                                        + "?customer=" + random.nextInt(1_000_000)
                                        + "&id=" + random.nextInt(150_000))
                .start(8, second -> FIRST_RATE + second * MORE_EACH_SECOND);
        Lifetime.serve();
    }
}
