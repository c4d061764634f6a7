package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// API is the service's HTTP surface.
type API struct {
	mux     *http.ServeMux
	catalog *Catalog
	hub     *Hub
}

// NewAPI wires the routes.
func NewAPI(catalog *Catalog, hub *Hub) *API {
	a := &API{mux: http.NewServeMux(), catalog: catalog, hub: hub}
	a.mux.HandleFunc("/instruments/", a.instrument)
	a.mux.HandleFunc("/trades", a.trade)
	a.mux.HandleFunc("/subscriptions", a.subscribe)
	a.mux.HandleFunc("/subscriptions/", a.unsubscribe)
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

func (a *API) instrument(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/instruments/"))
	if err != nil {
		http.Error(w, "not a number", http.StatusBadRequest)
		return
	}
	page := a.catalog.Related(id)
	json.NewEncoder(w).Encode(page)
}

func (a *API) trade(w http.ResponseWriter, r *http.Request) {
	var t Trade
	if err := json.NewDecoder(r.Body).Decode(&t); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.At = time.Now()
	fmt.Fprintln(w, a.hub.Publish(t))
}

func (a *API) subscribe(w http.ResponseWriter, r *http.Request) {
	name, err := io.ReadAll(io.LimitReader(r.Body, 256))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s := a.hub.Subscribe(string(name))
	fmt.Fprintln(w, s.since)
}

func (a *API) unsubscribe(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/subscriptions/"), "/close")
	a.hub.Unsubscribe(name)
}

func clientName(n int) string { return fmt.Sprintf("client-%08d", n) }
