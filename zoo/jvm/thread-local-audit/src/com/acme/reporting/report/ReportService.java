package com.acme.reporting.report;

import com.acme.platform.catalog.Catalog;
import com.acme.platform.catalog.Product;
import com.acme.platform.cache.LruCache;
import com.acme.platform.http.Request;
import com.acme.reporting.audit.AuditContext;
import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;

/** Lists what is sold under a tag. */
public final class ReportService {
    private static final ThreadLocal<NumberFormat> MONEY =
            ThreadLocal.withInitial(() -> NumberFormat.getCurrencyInstance(Locale.GERMANY));

    private final Catalog catalog;
    private final LruCache<String, String> headings = new LruCache<>(300);

    public ReportService(Catalog catalog) {
        this.catalog = catalog;
    }

    public String create(Request request) {
        String tag = request.text("tag");
        List<Product> products = catalog.byTag(tag);
        StringBuilder report = new StringBuilder(headings.get(tag, t -> "Sales of " + t)).append('\n');
        for (Product product : products.subList(0, Math.min(40, products.size()))) {
            report.append(product.name()).append(": ").append(MONEY.get().format(product.cents() / 100.0)).append('\n');
            AuditContext.current().saw(request.text("user"), product.name(), "seen in the report of " + tag);
        }
        return report.toString();
    }
}
