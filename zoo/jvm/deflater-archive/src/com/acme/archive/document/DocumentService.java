package com.acme.archive.document;

import com.acme.archive.codec.Packer;
import com.acme.archive.codec.PackerRegistry;
import com.acme.platform.cache.LruCache;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.catalog.Product;
import com.acme.platform.http.Request;
import java.nio.charset.StandardCharsets;

/** Turns articles into documents, and documents into packed ones. */
public final class DocumentService {
    private static final int NEW_TENANT_IN = 8;

    private final Catalog catalog;
    private final PackerRegistry packers = new PackerRegistry();
    private final LruCache<Integer, byte[]> documents = new LruCache<>(1_000);
    private Packer current = packers.open();
    private int requests;

    public DocumentService(Catalog catalog) {
        this.catalog = catalog;
    }

    public String archive(Request request) {
        byte[] document = documents.get(request.number("id"), this::write);
        return document.length + " bytes became " + packer().pack(document) + " in " + packers.size() + " archives";
    }

    private synchronized Packer packer() {
        if (++requests % NEW_TENANT_IN == 0) {
            current = packers.open();
        }
        return current;
    }

    private byte[] write(int id) {
        Product product = catalog.byId(id);
        return (product.name() + product.description()).repeat(40).getBytes(StandardCharsets.UTF_8);
    }
}
