package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Listings are what can be traded.
type Listings struct {
	names []string
}

// NewListings makes up so many.
func NewListings(n int) *Listings {
	l := &Listings{}
	for i := 0; i < n; i++ {
		l.names = append(l.names, fmt.Sprintf("listing-%d %s", i, strings.Repeat("prospectus ", 60)))
	}
	return l
}

// Exchange publishes quotes to all sessions.
type Exchange struct {
	mu       sync.Mutex
	listings *Listings
	sessions map[*Session]bool
}

// NewExchange returns one without sessions.
func NewExchange(listings *Listings) *Exchange {
	return &Exchange{listings: listings, sessions: make(map[*Session]bool)}
}

// Open starts a session.
func (e *Exchange) Open() {
	session := &Session{quotes: make(chan Quote, 64)}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions[session] = true
	go session.pump(e.close)
}

func (e *Exchange) close(session *Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, session)
}

func (e *Exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(r.URL.Path, "/publish/%d", &n); err != nil {
		fmt.Fprintln(w, len(e.sessions))
		return
	}
	quote := Quote{n % len(e.listings.names), int64(n*37) % 10_000}
	for session := range e.sessions {
		session.quotes <- quote
	}
	fmt.Fprintln(w, e.listings.names[quote.listing])
}
