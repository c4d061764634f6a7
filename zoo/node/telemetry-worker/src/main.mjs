import { Worker } from 'node:worker_threads';

const devices = Array.from({ length: 50_000 }, (_, i) => ({
  id: `device-${i}`,
  site: `site-${i % 200}`,
  labels: { model: `m${i % 30}`, firmware: `1.${i % 12}.${i % 7}` },
}));
const worker = new Worker(new URL('./aggregator.mjs', import.meta.url));
const state = { flushes: 0, last: null };
worker.on('message', summary => {
  state.flushes++;
  state.last = summary;
});

let n = 0;
setInterval(() => {
  const points = Array.from({ length: 40 }, () => {
    const device = devices[n++ % devices.length];
    return { device: device.id, metric: `temperature.${device.site}`, value: Math.random() * 80 };
  });
  worker.postMessage({ at: Date.now(), points });
}, 8);
setTimeout(() => process.exit(0), 600_000);
console.log('ready');
