package com.acme.pricing.quote;

/** What a quote depends on. */
record QuoteKey(int customer, int article, int amount) {}
