package com.acme.rules.engine;

import com.acme.platform.catalog.Catalog;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** Prices by the rules of the day. */
public final class RuleEngine {
    private static final String TYPE = "com.acme.plugins.discount.DiscountRules";

    private final Catalog catalog;
    private final Path plugins;
    private final AtomicInteger version = new AtomicInteger();
    private volatile Rules rules;

    public RuleEngine(Catalog catalog, Path plugins) {
        this.catalog = catalog;
        this.plugins = plugins;
    }

    public String reload() {
        try (PluginLoader loader = new PluginLoader(plugins, version.incrementAndGet())) {
            rules = loader.rules(TYPE);
            return loader.toString();
        } catch (Exception failure) {
            throw new IllegalStateException("the plugin does not load", failure);
        }
    }

    public String price(int id) {
        return "" + rules.price(catalog.byId(id));
    }
}
