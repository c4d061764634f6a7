package com.acme.imaging.codec;

/** An image in memory, with the surface it is drawn on. */
public final class DecodedImage {
    private static final SurfaceStore SURFACES = new SurfaceStore();
    private static final int SIDE = 160;

    private final int surface = SURFACES.acquire();
    private final byte[] pixels = new byte[SIDE * SIDE];

    private DecodedImage(int seed) {
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (seed * 31 + i);
        }
    }

    public static DecodedImage decode(int id) {
        return new DecodedImage(id);
    }

    public int average(int x, int y, int side) {
        int sum = 0;
        for (int row = y; row < y + side; row++) {
            for (int column = x; column < x + side; column++) {
                sum += pixels[row * SIDE + column];
            }
        }
        return sum / (side * side);
    }

    @Override
    protected void finalize() {
        SURFACES.release(surface);
    }
}
