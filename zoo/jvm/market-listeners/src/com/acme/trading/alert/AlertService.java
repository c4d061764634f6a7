package com.acme.trading.alert;

import com.acme.platform.http.Request;
import com.acme.trading.feed.MarketFeed;

/** Sets price alerts up. */
public final class AlertService {
    private final MarketFeed feed;

    public AlertService(MarketFeed feed) {
        this.feed = feed;
    }

    public String watch(Request request) {
        PriceAlert alert = new PriceAlert(request.text("customer"), request.number("id"));
        feed.subscribe(alert);
        return alert.toString();
    }
}
