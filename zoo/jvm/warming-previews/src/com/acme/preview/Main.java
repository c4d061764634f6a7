package com.acme.preview;

import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;
import com.acme.preview.render.PageService;

/** Renders article pages and keeps those that were asked for last. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        PageService pages = new PageService(Catalog.load(150_000));
        HttpService service = new HttpService(0, 8).route("/page", pages::page);
        service.start();
        new LoadGenerator(service.port(), random -> "/page?id=" + random.nextInt(30_000)).start(6, 200);
        Lifetime.serve();
    }
}
