// Counts strings of equal text in a snapshot, in the plainest way: every text is put together and is the key of a map.
//   node duplicates.mjs FILE.heapsnapshot
// Prints strings compared, texts that are there more than once, bytes of all copies but the largest; then the same of each such text
// (JSON, copies, bytes), most bytes first.
import fs from 'node:fs';

const WRITTEN = 1024; // characters of a string that V8 writes
const { snapshot, nodes, edges, strings } = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const { node_fields: nodeFields, node_types: nodeTypes, edge_fields: edgeFields, edge_types: edgeTypes } = snapshot.meta;
const width = nodeFields.length;
const column = Object.fromEntries(nodeFields.map((name, i) => [name, i]));
const [TYPE, NAME, TO] = ['type', 'name_or_index', 'to_node'].map(name => edgeFields.indexOf(name));

const firstEdge = [];
for (let node = 0, edge = 0; node < nodes.length; node += width) {
  firstEdge.push(edge);
  edge += nodes[node + column.edge_count];
}

const typeOf = node => nodeTypes[column.type][nodes[node + column.type]];

/** Targets by name of a node's internal edges. */
function internals(node) {
  const from = firstEdge[node / width];
  const found = {};
  for (let edge = from; edge < from + nodes[node + column.edge_count]; edge++) {
    const at = edge * edgeFields.length;
    if (edgeTypes[TYPE][edges[at + TYPE]] === 'internal') found[strings[edges[at + NAME]]] = edges[at + TO];
  }
  return found;
}

/** The text, or null where the snapshot does not tell it. */
function textOf(node) {
  if (typeOf(node) === 'string') {
    const text = strings[nodes[node + column.name]];
    return text.length >= WRITTEN ? `${text}\0${nodes[node + column.self_size]}` : text;
  }
  if (typeOf(node) !== 'concatenated string') return null;
  const pieces = [];
  const pending = [node];
  while (pending.length > 0) {
    const piece = pending.pop();
    if (typeOf(piece) === 'concatenated string') {
      const { first, second } = internals(piece);
      pending.push(second, first);
    } else {
      const text = textOf(piece);
      if (text === null) return null;
      pieces.push(text);
    }
  }
  return pieces.join('');
}

const copies = new Map();
let compared = 0;
for (let node = 0; node < nodes.length; node += width) {
  if (typeOf(node) === 'string' && 'actual' in internals(node)) continue;
  if (typeOf(node) === 'concatenated string' && textOf(internals(node).second) === '') continue;
  const text = textOf(node);
  if (text === null) continue;
  compared++;
  const size = nodes[node + column.self_size];
  const known = copies.get(text) ?? { count: 0, bytes: 0, largest: 0 };
  copies.set(text, known);
  known.count++;
  known.bytes += size;
  known.largest = Math.max(known.largest, size);
}

const repeated = [...copies].filter(([, c]) => c.count > 1).map(([text, c]) => [text, c.count, c.bytes - c.largest]);
repeated.sort((a, b) => b[2] - a[2]);
console.log(compared, repeated.length, repeated.reduce((sum, [, , bytes]) => sum + bytes, 0));
for (const one of repeated) console.log(JSON.stringify(one));
