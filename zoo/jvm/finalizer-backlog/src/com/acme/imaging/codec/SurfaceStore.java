package com.acme.imaging.codec;

import java.util.BitSet;

/** Numbers the surfaces of the graphics library, which takes its time to free one. */
final class SurfaceStore {
    private final BitSet used = new BitSet();

    synchronized int acquire() {
        int surface = used.nextClearBit(0);
        used.set(surface);
        return surface;
    }

    void release(int surface) {
        try {
            Thread.sleep(40);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            used.clear(surface);
        }
    }
}
