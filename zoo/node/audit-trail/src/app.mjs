import http from 'node:http';
import { accountOf } from './accounts.mjs';
import { lastEntries, record } from './audit.mjs';

const sessions = new Map(); // a session lives for two seconds

function handle(request, response) {
  const account = accountOf(request.headers.authorization);
  sessions.set(account.id, Date.now());
  record(request, account, 200);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ account: account.name, last: lastEntries(1).length }));
}

setInterval(() => {
  const before = Date.now() - 2000;
  for (const [id, at] of sessions) if (at < before) sessions.delete(id);
}, 500);

const server = http.createServer(handle);
server.listen(0, '127.0.0.1', () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  let n = 0;
  const ask = () => {
    n++;
    const options = {
      port: server.address().port,
      agent,
      path: `/documents/${n}?page=${n % 9}`,
      headers: { authorization: `token-${n % 50_000}`, 'user-agent': `client/${n % 20}.${n}` },
    };
    http.get(options, response => response.resume()).on('error', () => {});
  };
  setInterval(() => {
    for (let i = 0; i < 6; i++) ask();
  }, 10);
  console.log('ready');
});
setTimeout(() => process.exit(0), 600_000);
