package main

import "sync"

// listCache remembers lists by visitor. Nothing ever leaves it.
type listCache struct {
	mu    sync.RWMutex
	lists map[int][]Item
	hits  int
}

func newListCache() *listCache { return &listCache{lists: make(map[int][]Item)} }

// Lookup returns the visitor's list and computes it on the first visit.
func (c *listCache) Lookup(visitor int, compute func(int) []Item) []Item {
	c.mu.RLock()
	list, ok := c.lists[visitor]
	c.mu.RUnlock()
	if ok {
		return list
	}
	list = compute(visitor)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists[visitor] = list
	return list
}

// Len returns how many visitors are known.
func (c *listCache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.lists)
}
