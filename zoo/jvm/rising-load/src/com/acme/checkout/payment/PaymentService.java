package com.acme.checkout.payment;

import com.acme.checkout.basket.Basket;
import com.acme.checkout.basket.Baskets;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.Request;

/** Fills baskets and takes the money. */
public final class PaymentService {
    private final Catalog catalog;
    private final Baskets baskets;

    public PaymentService(Catalog catalog, Baskets baskets) {
        this.catalog = catalog;
        this.baskets = baskets;
    }

    public String fill(Request request) {
        int article = request.number("id");
        baskets.put(new Basket(request.number("customer"), article, System.currentTimeMillis(), new byte[60_000]));
        return catalog.byId(article).name() + " is in the basket";
    }

    public String pay(Request request) {
        Basket basket = baskets.take(request.number("customer"));
        return basket == null ? "nothing to pay" : catalog.byId(basket.article()).cents() + " paid";
    }
}
