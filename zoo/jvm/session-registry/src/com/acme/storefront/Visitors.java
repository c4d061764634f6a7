package com.acme.storefront;

import java.util.Random;
import java.util.function.Function;

/** Most visitors come once, look at a few things and never log out. */
final class Visitors implements Function<Random, String> {
    private static final int REGULARS = 200;

    @Override
    public String apply(Random random) {
        boolean regular = random.nextInt(100) < 40;
        String visitor = regular ? "regular-" + random.nextInt(REGULARS) : "guest-" + random.nextInt(Integer.MAX_VALUE);
        int action = random.nextInt(100);
        String path = action < 70 ? "/product" : action < 95 || !regular ? "/cart" : "/logout";
        return path + "?visitor=" + visitor + "&id=" + random.nextInt(250_000);
    }
}
