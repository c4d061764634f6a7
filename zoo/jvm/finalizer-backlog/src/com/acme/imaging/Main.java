package com.acme.imaging;

import com.acme.imaging.thumbnail.ThumbnailService;
import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;

/** Makes small pictures of large ones. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        ThumbnailService thumbnails = new ThumbnailService(Catalog.load(150_000));
        HttpService service = new HttpService(0, 6).route("/thumbnail", thumbnails::create);
        service.start();
        new LoadGenerator(service.port(), random -> "/thumbnail?id=" + random.nextInt(150_000)).start(4, 80);
        Lifetime.serve();
    }
}
