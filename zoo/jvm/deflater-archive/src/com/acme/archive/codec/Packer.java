package com.acme.archive.codec;

import java.util.zip.Deflater;

/** Packs the documents of one tenant, the better the more of them it has seen. */
public final class Packer {
    private final Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    private final byte[] buffer = new byte[512];

    public synchronized int pack(byte[] document) {
        deflater.reset();
        deflater.setInput(document);
        deflater.finish();
        int size = 0;
        while (!deflater.finished()) {
            size += deflater.deflate(buffer);
        }
        return size;
    }
}
