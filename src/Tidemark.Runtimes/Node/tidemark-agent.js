// Evaluated once in every JavaScript thread of a process that is diagnosed; everything is undone by stop(), which the agent
// calls by itself where nobody has asked it anything for a while. Plain ES2020, so that every Node.js from 18 on takes it.
// The value is the agent's greeting.
(() => {
  const key = Symbol.for('tidemark.agent');
  const load =
    typeof require === 'function'
      ? require
      : process.getBuiltinModule
        ? name => process.getBuiltinModule(name)
        : process.mainModule
          ? name => process.mainModule.require(name)
          : null;
  if (!load) return 'no-modules';
  if (globalThis[key]) globalThis[key].stop();

  const v8 = load('v8');
  const hooks = load('perf_hooks');
  const channels = load('diagnostics_channel');
  const patienceMilliseconds = 120000;
  const agent = { requests: 0, pauses: 0, collections: 0, live: null, lastFull: 0 };
  let asked = Date.now();

  // A collection on demand: the function is fetched from a context that was made while it was exposed.
  let collect = null;
  try {
    v8.setFlagsFromString('--expose-gc');
    collect = load('vm').runInNewContext('gc');
    v8.setFlagsFromString('--no-expose-gc');
  } catch {
    collect = null;
  }

  let profiler = null;
  const observe = () => {
    profiler = v8.GCProfiler ? new v8.GCProfiler() : null;
    if (profiler) profiler.start();
  };
  const read = () => {
    const seen = profiler ? profiler.stop() : null;
    for (const gc of (seen && seen.statistics) || []) {
      agent.collections++;
      agent.pauses += gc.cost / 1000;
    }
    observe();
  };

  const onRequest = () => {
    agent.requests++;
  };
  const requests = channels.channel('http.server.request.start');
  requests.subscribe(onRequest);

  // What the process says of itself, after a full collection where one is asked for.
  agent.sample = full => {
    asked = Date.now();
    let forced = 0;
    if (full && collect) {
      // On a busy machine most of the time that passes is other programs': the processor's time is what it costs.
      const from = performance.now();
      const before = process.cpuUsage();
      collect();
      // V8 gives back what it took at start-up only with the second collection that finds it unused: now, and not in the
      // middle of what is judged.
      if (!agent.lastFull) collect();
      const { user, system } = process.cpuUsage(before);
      forced = Math.max(0.001, Math.min(performance.now() - from, (user + system) / 1000));
    }
    read();
    const usage = process.memoryUsage();
    const heap = v8.getHeapStatistics();
    if (forced) {
      agent.live = { used: usage.heapUsed, external: usage.external };
      agent.lastFull = Date.now();
    }
    return JSON.stringify({
      heapUsed: usage.heapUsed,
      heapTotal: usage.heapTotal,
      external: usage.external,
      arrayBuffers: usage.arrayBuffers || 0,
      limit: heap.heap_size_limit,
      liveUsed: agent.live ? agent.live.used : null,
      liveExternal: agent.live ? agent.live.external : null,
      sinceFull: agent.lastFull ? Date.now() - agent.lastFull : null,
      forced,
      canCollect: collect !== null,
      collections: v8.GCProfiler ? agent.collections : null,
      pauseMilliseconds: agent.pauses,
      requests: agent.requests,
    });
  };

  // The longest gap in the event loop between the two calls.
  let delay = null;
  agent.startPause = () => {
    asked = Date.now();
    delay = hooks.monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
  };
  agent.endPause = () =>
    new Promise(done =>
      setTimeout(() => {
        asked = Date.now();
        delay.disable();
        done(delay.max / 1e6);
      }, 20),
    );

  agent.closeInspector = false;
  const close = () => {
    const inspector = load('inspector');
    setTimeout(() => inspector.close(), 20);
  };
  agent.stop = () => {
    if (globalThis[key] !== agent) return;
    clearInterval(watchdog);
    if (profiler) profiler.stop();
    requests.unsubscribe(onRequest);
    delete globalThis[key];
    if (agent.closeInspector) close();
  };
  // Moves the inspector from its usual port to any free one.
  agent.move = () => {
    const inspector = load('inspector');
    const usual = process.debugPort;
    setTimeout(() => {
      // Opening it is announced to the cluster module, which would have every worker process open its own.
      const told = process.rawListeners('internalMessage');
      process.removeAllListeners('internalMessage');
      try {
        inspector.close();
        inspector.open(0, '127.0.0.1');
      } finally {
        for (const listener of told) process.on('internalMessage', listener);
      }
      process.debugPort = usual;
    }, 20);
  };
  const watchdog = setInterval(() => {
    if (Date.now() - asked > patienceMilliseconds) agent.stop();
  }, 10000);
  watchdog.unref();

  Object.defineProperty(globalThis, key, { value: agent, configurable: true, enumerable: false });
  observe();
  return process.version;
})();
