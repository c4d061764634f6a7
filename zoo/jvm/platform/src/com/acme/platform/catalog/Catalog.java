package com.acme.platform.catalog;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Everything that is for sale, loaded once at the start. Larger than any leak of the first minutes, and right so. */
public final class Catalog {
    private final Map<Integer, Product> byId = new HashMap<>();
    private final TreeMap<String, List<Product>> byTag = new TreeMap<>();

    public static Catalog load(int products) {
        Catalog catalog = new Catalog();
        Random random = new Random(7);
        for (int id = 0; id < products; id++) {
            List<String> tags = List.of("tag-" + random.nextInt(400), "brand-" + random.nextInt(900));
            Product product =
                    new Product(
                            id,
                            "Article " + id,
                            "A thing of quality number " + random.nextLong() + ", made to last",
                            random.nextInt(100_000),
                            tags);
            catalog.byId.put(id, product);
            for (String tag : tags) {
                catalog.byTag.computeIfAbsent(tag, t -> new ArrayList<>()).add(product);
            }
        }
        return catalog;
    }

    public Product byId(int id) {
        return byId.get(Math.floorMod(id, byId.size()));
    }

    public List<Product> byTag(String tag) {
        return byTag.getOrDefault(tag, List.of());
    }

    public int size() {
        return byId.size();
    }
}
