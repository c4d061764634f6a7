package com.acme.gateway.order;

import com.acme.gateway.rpc.RpcClient;
import com.acme.platform.cache.LruCache;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.catalog.Product;
import com.acme.platform.http.Request;
import java.nio.charset.StandardCharsets;

/** Writes orders and sends them on. */
public final class OrderGateway {
    private final Catalog catalog;
    private final RpcClient warehouse = new RpcClient();
    private final LruCache<Integer, String> labels = new LruCache<>(3_000);

    public OrderGateway(Catalog catalog) {
        this.catalog = catalog;
    }

    public String order(Request request) {
        Product product = catalog.byId(request.number("id"));
        String label = labels.get(product.id(), id -> product.name() + " " + product.tags());
        byte[] order = (label + product.description()).repeat(64).getBytes(StandardCharsets.UTF_8);
        return warehouse.call(order).join();
    }
}
