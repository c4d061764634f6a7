'use strict';
const { EventEmitter } = require('node:events');

/** Prices of all instruments, and an event for each change. */
class PriceFeed extends EventEmitter {
  constructor(instruments) {
    super();
    this.setMaxListeners(0);
    this.history = new Map();
    for (const instrument of instruments) {
      this.history.set(instrument.symbol, {
        instrument,
        ticks: Array.from({ length: 240 }, (_, i) => ({ at: i, bid: 100 + Math.random(), ask: 101 + Math.random() })),
      });
    }
  }

  tick(symbol) {
    const entry = this.history.get(symbol);
    entry.ticks.shift();
    const quote = { at: Date.now(), bid: 100 + Math.random(), ask: 101 + Math.random() };
    entry.ticks.push(quote);
    this.emit('quote', symbol, quote);
  }
}

module.exports = { PriceFeed };
