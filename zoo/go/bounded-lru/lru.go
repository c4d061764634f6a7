package main

import (
	"container/list"
	"sync"
)

// LRU holds at most so many thumbnails and drops the one that was not asked for the longest.
type LRU struct {
	mu       sync.Mutex
	capacity int
	order    *list.List
	entries  map[int]*list.Element
}

type lruEntry struct {
	key   int
	image []byte
}

// NewLRU returns an empty cache.
func NewLRU(capacity int) *LRU {
	return &LRU{capacity: capacity, order: list.New(), entries: make(map[int]*list.Element)}
}

// Get returns what is there.
func (c *LRU) Get(key int) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*lruEntry).image, true
}

// Put adds an image and makes room for it.
func (c *LRU) Put(key int, image []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[key] = c.order.PushFront(&lruEntry{key, image})
	for c.order.Len() > c.capacity {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.entries, oldest.Value.(*lruEntry).key)
	}
}
