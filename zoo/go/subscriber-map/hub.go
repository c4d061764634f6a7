package main

import (
	"sync"
	"time"
)

const pendingPerSubscriber = 128

// Trade is one event.
type Trade struct {
	Instrument int       `json:"instrument"`
	Price      float64   `json:"price"`
	At         time.Time `json:"at"`
}

// Subscriber is a client that wants to hear of trades.
type Subscriber struct {
	name    string
	since   time.Time
	closed  bool
	pending []Trade
}

// Hub hands trades to subscribers.
type Hub struct {
	mu          sync.Mutex
	subscribers map[string]*Subscriber
	recent      [4096]Trade
	next        int
}

// NewHub returns a hub without subscribers.
func NewHub() *Hub {
	return &Hub{subscribers: make(map[string]*Subscriber)}
}

// Subscribe enters a client.
func (h *Hub) Subscribe(name string) *Subscriber {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &Subscriber{name: name, since: time.Now(), pending: make([]Trade, 0, pendingPerSubscriber)}
	h.subscribers[name] = s
	return s
}

// Unsubscribe marks the client as gone. Publish skips it; nobody takes it out of the map.
func (h *Hub) Unsubscribe(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s, ok := h.subscribers[name]; ok {
		s.closed = true
	}
}

// Publish keeps the last trades for late comers and queues them for everybody who listens.
func (h *Hub) Publish(t Trade) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recent[h.next%len(h.recent)] = t
	h.next++
	reached := 0
	for _, s := range h.subscribers {
		if s.closed || len(s.pending) == cap(s.pending) {
			continue
		}
		s.pending = append(s.pending, t)
		reached++
	}
	return reached
}
