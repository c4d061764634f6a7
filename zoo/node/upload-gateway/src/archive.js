'use strict';
const { Writable } = require('node:stream');

/** Writes to a store that takes one chunk every few milliseconds. */
class ArchiveSink extends Writable {
  constructor(delay) {
    super({ objectMode: true, highWaterMark: 64 });
    this.delay = delay;
    this.stored = 0;
  }

  _write(record, _encoding, done) {
    this.stored += record.lines.length;
    setTimeout(done, this.delay);
  }
}

module.exports = { ArchiveSink };
