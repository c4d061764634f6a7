package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

const itemsPerBasket = 12

// Prices knows what each product costs.
type Prices struct {
	cents []int
	names []string
}

// NewPrices makes up so many products.
func NewPrices(n int) *Prices {
	p := &Prices{cents: make([]int, n), names: make([]string, n)}
	for i := range p.cents {
		p.cents[i] = 100 + i%9900
		p.names[i] = fmt.Sprintf("product %d %s", i, strings.Repeat("description ", 12))
	}
	return p
}

// Checkout opens baskets and counts what it does.
type Checkout struct {
	prices   *Prices
	baskets  *Baskets
	requests uint64
}

// NewCheckout returns one.
func NewCheckout(prices *Prices, baskets *Baskets) *Checkout {
	return &Checkout{prices: prices, baskets: baskets}
}

// Handler returns the routes: baskets, and metrics in Prometheus' text format.
func (c *Checkout) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/baskets", c.open)
	mux.HandleFunc("/metrics", c.metrics)
	return mux
}

func (c *Checkout) open(w http.ResponseWriter, r *http.Request) {
	number := atomic.AddUint64(&c.requests, 1)
	items := make([]*Item, itemsPerBasket)
	for i := range items {
		product := (int(number)*itemsPerBasket + i) % len(c.prices.cents)
		items[i] = &Item{product, c.prices.cents[product], make([]byte, 6<<10)}
		copy(items[i].note, c.prices.names[product])
	}
	fmt.Fprintln(w, c.baskets.Open(items))
}

func (c *Checkout) metrics(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "# TYPE checkout_http_requests_total counter")
	fmt.Fprintf(w, "checkout_http_requests_total{path=\"/baskets\"} %d\n", atomic.LoadUint64(&c.requests))
	fmt.Fprintln(w, "# TYPE checkout_baskets_open gauge")
	fmt.Fprintf(w, "checkout_baskets_open %d\n", c.baskets.Count())
}
