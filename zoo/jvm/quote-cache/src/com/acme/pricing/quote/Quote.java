package com.acme.pricing.quote;

/** A price, and how it came about. */
record Quote(long cents, double[] steps, String explanation) {}
