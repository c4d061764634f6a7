package main

import (
	"context"
	"errors"
	"math/rand"
	"time"
)

const deadline = 200 * time.Millisecond

// Quote is one supplier's answer.
type Quote struct {
	Supplier int
	Cents    int
	Document []byte
}

// Supplier answers after a while.
type Supplier struct {
	id      int
	latency time.Duration
}

// Ask talks to the supplier.
func (s *Supplier) Ask(product int) Quote {
	time.Sleep(s.latency + time.Duration(rand.Intn(10))*time.Millisecond)
	return Quote{Supplier: s.id, Cents: product*100 + rand.Intn(100), Document: make([]byte, 4096)}
}

// Aggregator asks all suppliers.
type Aggregator struct {
	suppliers []*Supplier
}

// NewAggregator returns one with so many suppliers.
func NewAggregator(n int) *Aggregator {
	a := &Aggregator{}
	for i := 0; i < n; i++ {
		a.suppliers = append(a.suppliers, &Supplier{id: i, latency: time.Duration(5+i*3) * time.Millisecond})
	}
	return a
}

// Best returns the first quote that arrives. The channel has no buffer: whoever comes second waits for a reader for ever.
func (a *Aggregator) Best(ctx context.Context, product int) (Quote, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	quotes := make(chan Quote)
	for _, s := range a.suppliers {
		go a.ask(s, product, quotes)
	}
	select {
	case q := <-quotes:
		return q, nil
	case <-ctx.Done():
		return Quote{}, errors.New("no supplier answered in time")
	}
}

func (a *Aggregator) ask(s *Supplier, product int, quotes chan<- Quote) {
	quotes <- s.Ask(product)
}
