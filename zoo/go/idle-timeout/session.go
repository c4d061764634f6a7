package main

import (
	"sync/atomic"
	"time"
)

const idleTimeout = 15 * time.Minute

// Quote is the price of a listing at one moment.
type Quote struct {
	listing int
	cents   int64
}

// Session passes quotes on to one customer.
type Session struct {
	quotes chan Quote
	last   [64]Quote
	sent   uint64
}

// pump takes quotes until none has come for the idle timeout.
func (s *Session) pump(closed func(*Session)) {
	for {
		select {
		case quote := <-s.quotes:
			n := atomic.AddUint64(&s.sent, 1)
			s.last[n%uint64(len(s.last))] = quote
		case <-time.After(idleTimeout):
			closed(s)
			return
		}
	}
}
