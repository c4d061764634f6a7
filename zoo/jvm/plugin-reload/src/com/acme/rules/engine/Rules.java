package com.acme.rules.engine;

import com.acme.platform.catalog.Product;

/** What a plugin implements. */
public interface Rules {
    long price(Product product);
}
