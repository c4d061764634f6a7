package com.acme.platform.catalog;

import java.util.List;

/** One article that is for sale. */
public record Product(int id, String name, String description, long cents, List<String> tags) {}
