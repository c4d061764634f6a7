package com.acme;

import com.acme.audit.AuditLog;
import com.acme.catalog.Catalog;
import com.acme.events.EventBus;
import com.acme.io.NativeHandle;
import com.acme.media.ThumbnailCache;
import com.acme.plugins.PluginManager;
import com.acme.session.SessionRegistry;
import com.acme.web.RequestContext;

/** Plants each fault; the counts are for one unit of scale. */
final class Faults {
    private Faults() {}

    static void plantAll(int scale) throws Exception {
        SessionRegistry.fill(60_000 * scale);
        EventBus.shared().fill(60_000 * scale);
        ThumbnailCache.fill(1_500 * scale);
        Catalog.fill(220_000 * scale);
        AuditLog.fill(90_000 * scale);
        PluginManager.deploy(3 + scale / 3, 20_000);
        RequestContext.serve(14, 6_000 * scale);
        NativeHandle.abandon(25_000 * scale);
    }
}
