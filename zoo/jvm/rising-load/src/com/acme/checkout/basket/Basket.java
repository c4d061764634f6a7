package com.acme.checkout.basket;

/** What one customer is about to buy. */
public record Basket(int customer, int article, long since, byte[] offers) {}
