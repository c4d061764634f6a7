package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Converter answers with the rate of today, or the last one that it knows.
type Converter struct {
	mu    sync.Mutex
	rates *Rates
	known map[int]float64
	pairs []string
}

// NewConverter knows so many pairs of currencies.
func NewConverter(rates *Rates, pairs int) *Converter {
	c := &Converter{rates: rates, known: make(map[int]float64)}
	for i := 0; i < pairs; i++ {
		c.known[i] = 1
		c.pairs = append(c.pairs, fmt.Sprintf("pair-%d %s", i, strings.Repeat("terms ", 50)))
	}
	return c
}

func (c *Converter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n int
	fmt.Sscanf(r.URL.Path, "/convert/%d", &n)
	pair := n % len(c.pairs)
	rate, err := c.rates.Fetch(pair)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		rate = c.known[pair]
	}
	c.known[pair] = rate
	fmt.Fprintln(w, c.pairs[pair], rate)
}
