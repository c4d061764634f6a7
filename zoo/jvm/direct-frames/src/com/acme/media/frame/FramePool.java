package com.acme.media.frame;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;

/** Hands out buffers that the network card can read directly. */
public final class FramePool {
    private static final int FRAME_BYTES = 64 * 1024;

    private final Deque<ByteBuffer> free = new ArrayDeque<>();
    private final Set<ByteBuffer> lent = Collections.newSetFromMap(new IdentityHashMap<>());

    public synchronized ByteBuffer lend() {
        ByteBuffer frame = free.isEmpty() ? ByteBuffer.allocateDirect(FRAME_BYTES) : free.pop();
        lent.add(frame);
        return frame;
    }

    public synchronized void giveBack(ByteBuffer frame) {
        if (lent.remove(frame)) {
            frame.clear();
            free.push(frame);
        }
    }
}
