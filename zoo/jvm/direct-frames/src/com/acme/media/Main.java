package com.acme.media;

import com.acme.media.stream.StreamService;
import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;

/** Streams previews of the articles. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        StreamService streams = new StreamService(Catalog.load(200_000));
        HttpService service = new HttpService(0, 6).route("/preview", streams::preview);
        service.start();
        new LoadGenerator(
                        service.port(),
                        random -> "/preview?id=" + random.nextInt(200_000) + "&seconds=" + random.nextInt(30))
                .start(4, 120);
        Lifetime.serve();
    }
}
