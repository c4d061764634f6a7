import { RateLimiter } from './limiter.mjs';
import { paths, routes } from './routes.mjs';

const limiter = new RateLimiter(20);
const latest = new Map(); // bounded: the last thousand answers
const counts = { served: 0, refused: 0 };
let client = 0;

function addressOf(n) {
  return `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
}

function request() {
  // Most requests are of new clients, some of returning ones.
  const address = Math.random() < 0.8 ? addressOf(++client) : addressOf(Math.floor(Math.random() * client));
  const path = paths[Math.floor(Math.random() * paths.length)];
  if (!limiter.allows(address, path)) {
    counts.refused++;
    return;
  }
  counts.served++;
  latest.set(counts.served % 1000, { address, route: routes.get(path) });
}

setInterval(() => {
  for (let i = 0; i < 60; i++) request();
}, 15);
setTimeout(() => process.exit(0), 600_000);
console.log('ready');
