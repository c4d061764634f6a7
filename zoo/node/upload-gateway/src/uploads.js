'use strict';
const { Transform } = require('node:stream');

/** Splits uploaded text into lines. */
class LineSplitter extends Transform {
  constructor() {
    super({ readableObjectMode: true });
    this.rest = '';
  }

  _transform(chunk, _encoding, done) {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop();
    this.push({ lines, receivedAt: Date.now() });
    done();
  }
}

function receive(upload, archive, catalogue) {
  return new Promise(resolve => {
    const splitter = new LineSplitter();
    splitter.on('data', record => {
      catalogue.count(upload.tenant, record.lines.length);
      archive.mirror(upload, record);
    });
    splitter.on('end', resolve);
    for (let i = 0; i < 4; i++) splitter.write(`${upload.id};${i};${'field;'.repeat(12)}\n`.repeat(5));
    splitter.end();
  });
}

module.exports = { receive };
