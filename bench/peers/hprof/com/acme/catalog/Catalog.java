package com.acme.catalog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Fault 6: the same few texts, read again and again, each time as a string of its own. */
public final class Catalog {
    private static final List<String> CATEGORY_NAMES = new ArrayList<>();

    private Catalog() {}

    public static void fill(int count) {
        byte[][] texts = new byte[40][];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = ("category/" + i + "/" + "x".repeat(i % 5)).getBytes(StandardCharsets.ISO_8859_1);
        }
        for (int i = 0; i < count; i++) {
            CATEGORY_NAMES.add(new String(texts[i % texts.length], StandardCharsets.ISO_8859_1));
        }
    }
}
