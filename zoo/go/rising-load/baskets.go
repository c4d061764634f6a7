package main

import (
	"sync"
	"time"
)

// Item is one line of a basket.
type Item struct {
	product int
	cents   int
	note    []byte
}

// Basket is what one customer has picked.
type Basket struct {
	items   []*Item
	expires time.Time
}

// Baskets holds those of the customers that are here, and forgets the others.
type Baskets struct {
	mu       sync.Mutex
	lifetime time.Duration
	next     int
	open     map[int]*Basket
}

// NewBaskets starts to clear baskets that are older than lifetime.
func NewBaskets(lifetime time.Duration) *Baskets {
	b := &Baskets{lifetime: lifetime, open: make(map[int]*Basket)}
	go b.clear()
	return b
}

// Open returns a new basket and its number.
func (b *Baskets) Open(items []*Item) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	b.open[b.next] = &Basket{items: items, expires: time.Now().Add(b.lifetime)}
	return b.next
}

// Count returns how many are open.
func (b *Baskets) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.open)
}

func (b *Baskets) clear() {
	for now := range time.Tick(500 * time.Millisecond) {
		b.mu.Lock()
		for number, basket := range b.open {
			if basket.expires.Before(now) {
				delete(b.open, number)
			}
		}
		b.mu.Unlock()
	}
}
