import http from 'node:http';
import { place } from './orders.mjs';

const products = Array.from({ length: 40_000 }, (_, i) => ({ sku: `sku-${i}`, title: `product ${i}`, price: i / 3 }));
let number = 0;

const server = http.createServer((request, response) => {
  const lines = Array.from({ length: 120 }, (_, i) => {
    const product = products[(number * 31 + i) % products.length];
    return { sku: product.sku, amount: 1 + (i % 4), price: product.price, note: `line ${i} of ${number}` };
  });
  const openOrders = place({ number: ++number, url: request.url, lines, placedAt: new Date() });
  response.end(String(openOrders));
});

server.listen(0, '127.0.0.1', () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  const started = Date.now();
  const tick = 20;
  let due = 0;
  setInterval(() => {
    // Ten requests a second at first, and five more every second.
    const perSecond = 10 + ((Date.now() - started) / 1000) * 5;
    for (due += (perSecond * tick) / 1000; due >= 1; due--) {
      http
        .get({ port: server.address().port, agent, path: `/orders/${number}` }, response => response.resume())
        .on('error', () => {});
    }
  }, tick);
  console.log('ready');
});
setTimeout(() => process.exit(0), 600_000);
