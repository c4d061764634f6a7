'use strict';

/** Values that may go when nobody else uses them. */
class WeakCache {
  constructor() {
    this.refs = new Map();
    this.registry = new FinalizationRegistry(key => {
      const ref = this.refs.get(key);
      if (ref && !ref.deref()) this.refs.delete(key);
    });
  }

  get(key, make) {
    const cached = this.refs.get(key)?.deref();
    if (cached) return cached;
    const value = make(key);
    this.refs.set(key, new WeakRef(value));
    this.registry.register(value, key);
    return value;
  }
}

module.exports = { WeakCache };
