// Opens a page in Chromium, without a window, and has heap snapshots taken of it: node browser.cjs PAGE.html (EXPRESSION OUT.heapsnapshot)...
// Each expression is evaluated in the page before its snapshot is taken; its value goes to standard output, a line each.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const [page, ...steps] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'tidemark-chromium-'));
const browser = spawn(
  'chromium',
  ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-extensions',
    '--disable-background-networking', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'],
  { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] },
);
let complaints = '';
browser.stderr.on('data', text => (complaints += text));
browser.on('error', fail);
browser.on('exit', code => fail(new Error(`chromium ended with ${code}\n${complaints}`)));

// Messages are JSON, each ended by a zero byte.
const waiting = new Map();
const listeners = new Map();
let last = 0;
let pending = [];
browser.stdio[4].on('data', bytes => {
  for (let end; (end = bytes.indexOf(0)) >= 0; bytes = bytes.subarray(end + 1)) {
    const message = JSON.parse(Buffer.concat([...pending, bytes.subarray(0, end)]).toString());
    pending = [];
    if (message.id) {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      message.error ? reject(new Error(message.error.message)) : resolve(message.result);
    } else {
      listeners.get(message.method)?.(message.params);
    }
  }
  pending.push(bytes);
});

function call(method, params = {}, sessionId = undefined) {
  const id = ++last;
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

async function run() {
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  const ask = (method, params) => call(method, params, sessionId);
  const loaded = new Promise(resolve => listeners.set('Page.loadEventFired', resolve));
  await ask('Page.enable');
  await ask('HeapProfiler.enable');
  await ask('Page.navigate', { url: pathToFileURL(page).href });
  await loaded;
  for (let i = 0; i < steps.length; i += 2) {
    const { result, exceptionDetails } = await ask('Runtime.evaluate', {
      expression: steps[i],
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    console.log(JSON.stringify(result.value));
    const out = fs.openSync(steps[i + 1], 'w');
    listeners.set('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => fs.writeSync(out, chunk));
    await ask('HeapProfiler.collectGarbage');
    await ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    fs.closeSync(out);
  }
}

function fail(error) {
  console.error(error.message);
  end(1);
}

function end(code) {
  browser.removeAllListeners('exit');
  const leave = () => {
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    process.exit(code);
  };
  if (browser.pid === undefined || browser.exitCode !== null || browser.signalCode !== null) return leave();
  browser.on('exit', leave);
  browser.kill('SIGKILL');
}

run().then(() => end(0), fail);
