package com.acme.archive.codec;

import java.util.ArrayList;
import java.util.List;

/** All packers that are in use, for the statistics page. */
public final class PackerRegistry {
    private final List<Packer> packers = new ArrayList<>();

    public synchronized Packer open() {
        Packer packer = new Packer();
        packers.add(packer);
        return packer;
    }

    public synchronized int size() {
        return packers.size();
    }
}
