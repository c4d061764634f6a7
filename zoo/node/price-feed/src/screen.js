'use strict';

/** What one customer looks at: a few instruments with their last prices. */
class QuoteScreen {
  constructor(customer, symbols, feed) {
    this.customer = customer;
    this.symbols = symbols;
    this.feed = feed;
    this.rows = symbols.map(symbol => ({ symbol, bid: 0, ask: 0, trend: new Array(40).fill(0) }));
    this.isOpen = false;
  }

  open() {
    this.isOpen = true;
    this.feed.on('quote', (symbol, quote) => this.onQuote(symbol, quote));
    return this;
  }

  onQuote(symbol, quote) {
    if (!this.isOpen) return;
    const row = this.rows.find(r => r.symbol === symbol);
    if (row) Object.assign(row, { bid: quote.bid, ask: quote.ask });
  }

  close() {
    this.isOpen = false;
  }
}

module.exports = { QuoteScreen };
