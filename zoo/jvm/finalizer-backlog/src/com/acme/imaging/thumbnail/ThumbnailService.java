package com.acme.imaging.thumbnail;

import com.acme.imaging.codec.DecodedImage;
import com.acme.platform.cache.LruCache;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.Request;

/** A thumbnail is a sixteenth of the image. */
public final class ThumbnailService {
    private static final int SIDE = 10;

    private final Catalog catalog;
    private final LruCache<Integer, byte[]> thumbnails = new LruCache<>(500);

    public ThumbnailService(Catalog catalog) {
        this.catalog = catalog;
    }

    public String create(Request request) {
        int id = request.number("id");
        byte[] thumbnail = thumbnails.get(id, this::shrink);
        return catalog.byId(id).name() + " " + thumbnail.length;
    }

    private byte[] shrink(int id) {
        DecodedImage image = DecodedImage.decode(id);
        byte[] small = new byte[SIDE * SIDE];
        for (int i = 0; i < small.length; i++) {
            small[i] = (byte) image.average(i % SIDE * 16, i / SIDE * 16, 16);
        }
        return small;
    }
}
