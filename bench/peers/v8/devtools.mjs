// Loads a snapshot with DevTools' heap snapshot worker in this thread. With a second argument, writes one line a node there:
// id, self size, retained size, dominator's id. With a third one, a line a class: name, objects that have a size, their bytes, retained
// bytes (JSON). LATER=FILE in the environment loads a second snapshot and compares the two, class by class.
// RAW=1 leaves self sizes as in the file, instead of adding inner arrays to their owners.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

// The worker with its two classes exported, as compare.sh and tests/setup.sh make it.
const worker = pathToFileURL(process.env.DEVTOOLS_WORKER ?? 'devtools-worker.mjs');
const { HeapSnapshotLoader, SecondaryInitManager } = await import(process.env.RAW ? raw() : worker);
const [file, out, classes] = process.argv.slice(2);
const snapshot = await load(file);
console.log(snapshot.nodeCount, 'nodes', snapshot.totalSize, 'bytes');
if (out) {
  const columns = snapshot.nodeFieldCount;
  const id = node => snapshot.nodes.getValue(node * columns + snapshot.nodeIdOffset);
  const lines = fs.openSync(out, 'w');
  for (let node = 0; node < snapshot.nodeCount; node++) {
    const size = snapshot.nodes.getValue(node * columns + snapshot.nodeSelfSizeOffset);
    fs.writeSync(lines, `${id(node)} ${size} ${snapshot.retainedSizes[node]} ${id(snapshot.dominatorsTree[node])}\n`);
  }
}
if (process.env.LATER) {
  const later = await load(process.env.LATER);
  const base = snapshot.aggregatesForDiff(later.interfaceDefinitions());
  const diff = Object.entries(later.calculateSnapshotDiff('base', base)).sort(([, a], [, b]) => b.sizeDelta - a.sizeDelta);
  for (const [, row] of diff.slice(0, 10)) console.log(row.name, row.addedCount, row.removedCount, row.sizeDelta);
}
if (classes) {
  snapshot.applyInterfaceDefinitions([]);
  const lines = fs.openSync(classes, 'w');
  for (const { name, count, self, maxRet } of Object.values(snapshot.getAggregatesByClassKey(false, 'plain classes'))) {
    fs.writeSync(lines, `${JSON.stringify([name, count, self, maxRet])}\n`);
  }
}
process.exit(0);

async function load(path) {
  const loader = new HeapSnapshotLoader({ updateProgress() {}, updateStatus() {}, reportProblem() {}, sendEvent() {} });
  const input = fs.openSync(path);
  const buffer = Buffer.alloc(1 << 20);
  const decoder = new TextDecoder();
  for (let read; (read = fs.readSync(input, buffer, 0, buffer.length, null)) > 0; ) {
    loader.write(decoder.decode(buffer.subarray(0, read), { stream: true }));
  }
  loader.close();
  await loader.parsingComplete;
  const { port1, port2 } = new MessageChannel();
  new SecondaryInitManager(port2);
  return loader.buildSnapshot(port1);
}

/** The worker without the step that adds inner arrays to their owners. */
function raw() {
  const step = 'this.calculateShallowSizes();';
  const text = fs.readFileSync(worker, 'utf8');
  if (!text.includes(step)) throw new Error(`${worker} has no ${step}`);
  const patched = new URL(`devtools-worker-raw-${process.pid}.mjs`, worker);
  fs.writeFileSync(patched, text.replace(step, ''));
  process.on('exit', () => fs.rmSync(patched));
  return patched.href;
}
