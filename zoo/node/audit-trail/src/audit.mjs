const trail = [];

/** Notes who asked for what. */
export function record(request, account, outcome) {
  trail.push({
    at: new Date(),
    method: request.method,
    url: request.url,
    agent: request.headers['user-agent'],
    account: { id: account.id, roles: [...account.roles] },
    outcome,
  });
}

export function lastEntries(count) {
  return trail.slice(-count);
}
