package com.acme.storefront;

import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;
import com.acme.storefront.auth.Authenticator;
import com.acme.storefront.cart.CartService;

/** A shop: visitors look around, put things into a cart, and some of them buy. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        Catalog catalog = Catalog.load(250_000);
        Authenticator authenticator = new Authenticator();
        CartService carts = new CartService(catalog);
        HttpService service =
                new HttpService(0, 8)
                        .route("/product", request -> carts.show(authenticator.session(request), request.number("id")))
                        .route("/cart", request -> carts.add(authenticator.session(request), request.number("id")))
                        .route("/logout", authenticator::logout);
        service.start();
        new LoadGenerator(service.port(), new Visitors()).start(6, 160);
        Lifetime.serve();
    }
}
