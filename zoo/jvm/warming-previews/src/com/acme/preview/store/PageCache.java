package com.acme.preview.store;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;

/** The pages that were asked for last, the oldest first. */
public final class PageCache {
    private static final int MAXIMUM = 6_000;

    private final Map<Integer, RenderedPage> pages =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Integer, RenderedPage> eldest) {
                    return size() > MAXIMUM;
                }
            };

    public synchronized RenderedPage get(int article, IntFunction<RenderedPage> render) {
        RenderedPage page = pages.get(article);
        if (page == null) {
            page = render.apply(article);
            pages.put(article, page);
        }
        return page;
    }
}
