package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// API is the service's HTTP surface.
type API struct {
	mux        *http.ServeMux
	shop       *Shop
	aggregator *Aggregator
	audit      chan string
}

// NewAPI wires the routes and starts the audit log's writers, a fixed number of goroutines that wait most of the time.
func NewAPI(shop *Shop, aggregator *Aggregator) *API {
	a := &API{mux: http.NewServeMux(), shop: shop, aggregator: aggregator, audit: make(chan string, 100)}
	a.mux.HandleFunc("/products/", a.product)
	a.mux.HandleFunc("/quotes/", a.quote)
	for i := 0; i < 200; i++ {
		go a.writeAudit()
	}
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

func (a *API) product(w http.ResponseWriter, r *http.Request) {
	var id int
	fmt.Sscanf(r.URL.Path, "/products/%d", &id)
	a.audit <- "product " + strconv.Itoa(id)
	json.NewEncoder(w).Encode(a.shop.Find(id))
}

func (a *API) quote(w http.ResponseWriter, r *http.Request) {
	var id int
	fmt.Sscanf(r.URL.Path, "/quotes/%d", &id)
	q, err := a.aggregator.Best(r.Context(), id)
	if err != nil {
		http.Error(w, err.Error(), http.StatusGatewayTimeout)
		return
	}
	fmt.Fprintln(w, q.Supplier, q.Cents)
}

func (a *API) writeAudit() {
	for range a.audit {
	}
}
