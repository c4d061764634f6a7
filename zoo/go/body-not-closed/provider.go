package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

const busyEvery = 3

// Provider is the service of rates; it stands in for one on another machine.
type Provider struct {
	asked uint64
}

// NewProvider returns one.
func NewProvider() *Provider { return &Provider{} }

// Start serves on a free port and returns the address.
func (p *Provider) Start() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(listener, p)
	return "http://" + listener.Addr().String()
}

func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := atomic.AddUint64(&p.asked, 1)
	if n%busyEvery == 0 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, strings.Repeat("busy, come back later. ", 400))
		return
	}
	fmt.Fprintf(w, "%d.%04d", 1+n%3, n%10_000)
}
