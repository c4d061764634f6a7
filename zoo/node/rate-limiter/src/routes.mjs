/** Routing table: a few thousand paths with their handlers' settings. */
export const routes = new Map();
for (let i = 0; i < 30_000; i++) {
  routes.set(`/api/v1/resource-${i}`, {
    handler: `handler${i % 40}`,
    limits: { body: 1024 * (i % 64), timeout: 1000 + (i % 10) * 100 },
    tags: [`team-${i % 12}`, `tier-${i % 3}`],
  });
}
export const paths = [...routes.keys()];
