package com.acme.orders.book;

/** What somebody wants to buy or sell, with the history of its price. */
public record Order(long number, int article, long cents, boolean buys, long expires, byte[] history) {}
