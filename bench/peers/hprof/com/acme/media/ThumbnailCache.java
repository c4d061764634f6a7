package com.acme.media;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Fault 5: a cache of bytes without a bound. */
public final class ThumbnailCache {
    private static final Map<String, byte[]> CACHE = new ConcurrentHashMap<>();

    private ThumbnailCache() {}

    public static void fill(int count) {
        for (int i = 0; i < count; i++) {
            CACHE.put("image-" + i, new byte[4096 + i % 7 * 512]);
        }
    }
}
