package com.acme.trading.feed;

import com.acme.platform.catalog.Catalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Prices as they come in, and who wants to hear of them. */
public final class MarketFeed {
    private final Catalog instruments;
    private final long[] prices;
    private final List<QuoteListener> listeners = new ArrayList<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final Random random = new Random(1);

    public MarketFeed(Catalog instruments) {
        this.instruments = instruments;
        prices = new long[instruments.size()];
    }

    public void start() {
        clock.scheduleAtFixedRate(this::tick, 0, 200, TimeUnit.MILLISECONDS);
    }

    public void subscribe(QuoteListener listener) {
        synchronized (listeners) {
            listeners.add(listener);
        }
    }

    public void unsubscribe(QuoteListener listener) {
        synchronized (listeners) {
            listeners.remove(listener);
        }
    }

    public String price(int instrument) {
        return instruments.byId(instrument).name() + " " + prices[instrument];
    }

    private void tick() {
        int instrument = random.nextInt(prices.length);
        prices[instrument] += random.nextInt(21) - 10;
        synchronized (listeners) {
            for (QuoteListener listener : listeners) {
                listener.quoted(instrument, prices[instrument]);
            }
        }
    }
}
