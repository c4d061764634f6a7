'use strict';
const { PriceFeed } = require('./feed');
const { QuoteScreen } = require('./screen');

const instruments = Array.from({ length: 1200 }, (_, i) => ({
  symbol: `SYM${i}`,
  name: `Instrument number ${i}`,
  market: ['XETR', 'XNYS', 'XLON'][i % 3],
}));
const feed = new PriceFeed(instruments);
const openScreens = [];
let customers = 0;

function customerComes() {
  const first = (customers * 7) % (instruments.length - 8);
  const symbols = instruments.slice(first, first + 8).map(i => i.symbol);
  openScreens.push(new QuoteScreen({ id: ++customers, name: `customer ${customers}` }, symbols, feed).open());
  if (openScreens.length > 50) openScreens.shift().close();
}

setInterval(() => {
  for (let i = 0; i < 3; i++) customerComes();
}, 20);
setInterval(() => feed.tick(instruments[Math.floor(Math.random() * instruments.length)].symbol), 100);
setTimeout(() => process.exit(0), 600_000);
console.log('ready');
