// Writes heap snapshots of about the given size from a process with several leaks at once, in series if asked:
//   node --max-old-space-size=12000 generate.mjs MEGABYTES OUT.heapsnapshot [LATER.heapsnapshot...]
// Between two snapshots of a series every leak grows by a tenth and the healthy data is churned.
// CHAIN=1000 in the environment cuts the linked list into lists of so many: @vscode/v8-heap-parser takes quadratic time on long ones.
import { EventEmitter } from 'node:events';
import { writeHeapSnapshot } from 'node:v8';

const [megabytes, ...files] = process.argv.slice(2);
if (!Number(megabytes) || files.length === 0) {
  console.error('usage: node generate.mjs MEGABYTES OUT.heapsnapshot [LATER.heapsnapshot...]');
  process.exit(2);
}

class Session {
  #token;
  constructor(n) {
    this.#token = `token-${n}`;
    this.id = n;
    this.user = { name: `user ${n % 5000}`, roles: ['reader', n % 7 ? 'writer' : 'admin'] };
    this.visited = [{ page: `/p/${n % 300}`, at: n * 1.5 }, { page: '/checkout', at: n * 2.5 }];
  }
  get token() {
    return this.#token;
  }
}

class Order {
  constructor(n, next) {
    this.number = n;
    this.lines = Array.from({ length: 3 }, (_, i) => ({ sku: `sku-${(n * 3 + i) % 900}`, count: i + 1 }));
    this.next = next;
  }
}

// Leaks: a map without a bound, listeners, closures, a linked list as deep as it is long.
const sessionsById = new Map();
const bus = new EventEmitter().setMaxListeners(0);
const pendingCallbacks = [];
let lastOrder = null;
const chain = Number(process.env.CHAIN) || Infinity;
const closedBooks = [];
// Healthy: a table that is rewritten and never grows, objects behind weak references.
const catalogue = {};
const seen = new WeakMap();
const recent = new Set();
let counter = 0;

function subscribe(n) {
  const filter = { topic: `topic-${n % 50}`, fields: [n, n + 1, n + 2] };
  bus.on('change', function onChange(event) {
    return filter.topic === event;
  });
}

function remember(n) {
  const context = { request: n, headers: { host: 'localhost', trace: `trace-${n}` } };
  pendingCallbacks.push(() => context);
}

function grow(rounds) {
  for (let i = 0; i < rounds; i++, counter++) {
    const session = new Session(counter);
    sessionsById.set(`session:${counter}`, session);
    seen.set(session, { first: counter });
    if (counter % 4 === 0) subscribe(counter);
    if (counter % 3 === 0) remember(counter);
    if (counter % 2 === 0) lastOrder = new Order(counter, lastOrder);
    if (counter % (2 * chain) === 0) {
      closedBooks.push(lastOrder);
      lastOrder = null;
    }
    catalogue[`sku-${counter % 20000}`] = { price: counter / 7, stock: [counter, counter % 9] };
    recent.add(session);
    if (recent.size > 1000) recent.delete(recent.values().next().value);
  }
}

const rounds = Math.round(Number(megabytes) * BYTES_TO_ROUNDS());
function BYTES_TO_ROUNDS() {
  return 490; // sessions to a megabyte of snapshot, measured with Node 20
}
grow(rounds);
for (const [at, file] of files.entries()) {
  if (at > 0) grow(Math.round(rounds / 10));
  writeHeapSnapshot(file);
  console.log(`${file}: ${counter} sessions`);
}
