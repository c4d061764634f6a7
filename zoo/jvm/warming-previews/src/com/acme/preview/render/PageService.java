package com.acme.preview.render;

import com.acme.platform.catalog.Catalog;
import com.acme.platform.catalog.Product;
import com.acme.platform.http.Request;
import com.acme.preview.store.PageCache;
import com.acme.preview.store.RenderedPage;
import java.nio.charset.StandardCharsets;

/** Renders an article with its neighbours. */
public final class PageService {
    private final Catalog catalog;
    private final PageCache pages = new PageCache();

    public PageService(Catalog catalog) {
        this.catalog = catalog;
    }

    public String page(Request request) {
        RenderedPage page = pages.get(request.number("id"), this::render);
        return page.article() + " " + page.html().length + " " + page.tag();
    }

    private RenderedPage render(int id) {
        Product product = catalog.byId(id);
        StringBuilder html = new StringBuilder("<h1>").append(product.name()).append("</h1>");
        catalog.byTag(product.tags().get(0)).stream()
                .limit(120)
                .forEach(p -> html.append("<li>").append(p.name()).append(" ").append(p.description()).append("</li>"));
        return new RenderedPage(id, html.toString().getBytes(StandardCharsets.UTF_8), Integer.toHexString(html.hashCode()));
    }
}
