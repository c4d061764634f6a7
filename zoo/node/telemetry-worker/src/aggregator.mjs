import { parentPort } from 'node:worker_threads';

class Aggregator {
  pending = [];
  totals = new Map();

  onBatch(batch) {
    this.pending.push(batch);
    for (const point of batch.points) {
      this.totals.set(point.metric, (this.totals.get(point.metric) ?? 0) + point.value);
    }
  }

  flush() {
    const batches = [...this.pending];
    return { batches: batches.length, metrics: this.totals.size };
  }
}

const aggregator = new Aggregator();
parentPort.on('message', batch => aggregator.onBatch(batch));
setInterval(() => parentPort.postMessage(aggregator.flush()), 1000);
