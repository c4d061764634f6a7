package com.acme.preview.store;

/** A page, ready to be sent. */
public record RenderedPage(int article, byte[] html, String tag) {}
