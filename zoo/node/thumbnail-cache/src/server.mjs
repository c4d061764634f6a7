import { LruCache } from './lru.mjs';

const CAPACITY = 12_000;
const albums = Array.from({ length: 20_000 }, (_, i) => ({
  id: i,
  title: `album ${i}`,
  pictures: Array.from({ length: 5 }, (_, p) => `picture-${i}-${p}`),
}));
const cache = new LruCache(CAPACITY);

function thumbnail(picture) {
  let found = cache.get(picture);
  if (!found) {
    found = { picture, colours: Array.from({ length: 120 }, (_, i) => (i * 37) % 4096), madeAt: Date.now() };
    cache.set(picture, found);
  }
  return found;
}

setInterval(() => {
  for (let i = 0; i < 8; i++) {
    const album = albums[Math.floor(Math.random() * albums.length)];
    thumbnail(album.pictures[Math.floor(Math.random() * album.pictures.length)]);
  }
}, 15);
setTimeout(() => process.exit(0), 600_000);
console.log('ready');
