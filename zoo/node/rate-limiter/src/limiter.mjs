/** A token bucket of one client. */
class Bucket {
  constructor(capacity) {
    this.tokens = capacity;
    this.refilledAt = Date.now();
    this.recent = [];
  }
}

/** Lets each client have so many requests a second. */
export class RateLimiter {
  #buckets = new Map();
  #capacity;

  constructor(capacity) {
    this.#capacity = capacity;
  }

  allows(address, path) {
    let bucket = this.#buckets.get(address);
    if (!bucket) {
      bucket = new Bucket(this.#capacity);
      this.#buckets.set(address, bucket);
    }
    const now = Date.now();
    bucket.tokens = Math.min(this.#capacity, bucket.tokens + ((now - bucket.refilledAt) / 1000) * this.#capacity);
    bucket.refilledAt = now;
    bucket.recent.push({ path, at: now });
    if (bucket.recent.length > 6) bucket.recent.shift();
    return bucket.tokens-- >= 1;
  }
}
