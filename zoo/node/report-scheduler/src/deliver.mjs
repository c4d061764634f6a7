const RETRY_EVERY = 30_000;

/** Sends a report to its recipient, again and again until it has arrived. */
export function deliver(report, rendered, transport) {
  let attempts = 0;
  const retry = setInterval(() => {
    attempts++;
    if (attempts > 3 && transport.isDown()) {
      clearInterval(retry);
      transport.giveUp(report, rendered.title);
    }
  }, RETRY_EVERY);
  return transport.send(report.recipient, rendered.rows.length);
}
