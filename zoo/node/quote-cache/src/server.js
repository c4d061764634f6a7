'use strict';
const { WeakCache } = require('./weak-cache');

const products = Array.from({ length: 60_000 }, (_, i) => ({
  sku: `sku-${i}`,
  name: `product ${i}`,
  price: { amount: i / 7, currency: ['EUR', 'USD'][i % 2] },
  stock: [i % 100, i % 50, i % 20],
}));
const quotes = new WeakCache();
const metadata = new WeakMap();
const inFlight = [];

function quote(n) {
  const product = products[(n * 7919) % products.length];
  const key = `${product.sku}/${n % 500}`;
  const value = quotes.get(key, () => ({ product, lines: Array.from({ length: 20 }, (_, i) => ({ i, n })) }));
  metadata.set(value, { asked: n });
  inFlight.push(value);
  if (inFlight.length > 200) inFlight.splice(0, 100);
}

let n = 0;
setInterval(() => {
  for (let i = 0; i < 20; i++) quote(n++);
}, 10);
setTimeout(() => process.exit(0), 600_000);
console.log('ready');
