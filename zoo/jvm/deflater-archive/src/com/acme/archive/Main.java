package com.acme.archive;

import com.acme.archive.document.DocumentService;
import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;

/** Packs documents and keeps them. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        DocumentService documents = new DocumentService(Catalog.load(180_000));
        HttpService service = new HttpService(0, 6).route("/archive", documents::archive);
        service.start();
        new LoadGenerator(service.port(), random -> "/archive?id=" + random.nextInt(180_000)).start(4, 60);
        Lifetime.serve();
    }
}
