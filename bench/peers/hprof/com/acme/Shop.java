package com.acme;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Fills a heap with eight faults at once and dumps it: java com.acme.Shop OUT.hprof SCALE [-k]. With scale 1 the dump holds about
 * 1.8 million objects in 0.1 GB, with 9 about 16 million in 1 GB, with 36 about 64 million in 3.7 GB. With -k it stays alive
 * afterwards until its standard input ends, for tools that attach.
 */
public final class Shop {
    public static void main(String[] args) throws Exception {
        int scale = Integer.parseInt(args[1]);
        Faults.plantAll(scale);
        Path out = Path.of(args[0]);
        Files.deleteIfExists(out);
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(out.toString(), true);
        System.out.println("ready " + Files.size(out));
        if (args.length > 2) {
            while (System.in.read() >= 0) {}
        }
        Runtime.getRuntime().halt(0);
    }
}
