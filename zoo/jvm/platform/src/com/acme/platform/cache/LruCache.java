package com.acme.platform.cache;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Keeps the entries that were used last, and no more than it was told. */
public final class LruCache<K, V> {
    private final Map<K, V> entries;

    public LruCache(int maximum) {
        entries =
                new LinkedHashMap<>(1024, 0.75f, true) {
                    @Override
                    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                        return size() > maximum;
                    }
                };
    }

    public synchronized V get(K key, Function<? super K, ? extends V> load) {
        V value = entries.get(key);
        if (value == null) {
            value = load.apply(key);
            entries.put(key, value);
        }
        return value;
    }

    public synchronized int size() {
        return entries.size();
    }
}
