package com.acme.storefront.cart;

import com.acme.platform.catalog.Catalog;
import com.acme.platform.catalog.Product;
import com.acme.storefront.auth.Session;

/** Shows products and puts them into carts. */
public final class CartService {
    private final Catalog catalog;

    public CartService(Catalog catalog) {
        this.catalog = catalog;
    }

    public String show(Session session, int id) {
        Product product = catalog.byId(id);
        session.viewed("/product/" + id);
        StringBuilder page = new StringBuilder(product.name()).append('\n').append(product.description());
        catalog.byTag(product.tags().get(0)).stream().limit(10).forEach(p -> page.append('\n').append(p.name()));
        return page.append('\n').append(session.recommendation(id)).toString();
    }

    public String add(Session session, int id) {
        return session.addToCart(id) + " things in the cart of " + session.visitor() + " since " + session.since();
    }
}
