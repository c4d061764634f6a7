'use strict';
const { ArchiveSink } = require('./archive');
const { receive } = require('./uploads');

class Catalogue {
  constructor(tenants) {
    this.tenants = new Map();
    for (let i = 0; i < tenants; i++) {
      this.tenants.set(`tenant-${i}`, {
        lines: 0,
        contact: { mail: `owner${i}@example.org`, phones: [`+49 30 ${i}`, `+49 40 ${i}`] },
        plan: { name: ['small', 'medium', 'large'][i % 3], since: new Date(2020, i % 12, 1 + (i % 28)) },
      });
    }
  }

  count(tenant, lines) {
    this.tenants.get(tenant).lines += lines;
  }
}

class Archive {
  constructor() {
    this.sink = new ArchiveSink(20);
  }

  mirror(upload, record) {
    this.sink.write({ upload: upload.id, ...record });
  }
}

const catalogue = new Catalogue(40_000);
const archive = new Archive();
let uploads = 0;

setInterval(async () => {
  for (let i = 0; i < 3; i++) {
    uploads++;
    await receive({ id: `upload-${uploads}`, tenant: `tenant-${uploads % 40_000}` }, archive, catalogue);
  }
}, 20);
setTimeout(() => process.exit(0), 600_000);
console.log('ready');
