package com.acme.media.stream;

import com.acme.media.frame.FramePool;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.catalog.Product;
import com.acme.platform.http.Request;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Encodes previews frame by frame. */
public final class StreamService {
    private final Catalog catalog;
    private final FramePool frames = new FramePool();

    public StreamService(Catalog catalog) {
        this.catalog = catalog;
    }

    public String preview(Request request) {
        Product product = catalog.byId(request.number("id"));
        ByteBuffer frame = frames.lend();
        while (frame.remaining() > 256) {
            frame.put(product.description().getBytes(StandardCharsets.UTF_8));
        }
        int seconds = request.number("seconds");
        if (seconds < 5) {
            return "left after " + seconds + " seconds";
        }
        int size = frame.position();
        frames.giveBack(frame);
        return size + " bytes of " + product.name();
    }
}
