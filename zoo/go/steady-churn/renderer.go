package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

const sessionLifetime = 5 * time.Second

// Renderer makes pages out of articles.
type Renderer struct {
	articles []string
	buffers  sync.Pool
	journal  *Journal
	sessions *Sessions
}

// NewRenderer makes up so many articles.
func NewRenderer(n int) *Renderer {
	r := &Renderer{
		buffers:  sync.Pool{New: func() any { return new(bytes.Buffer) }},
		journal:  &Journal{},
		sessions: &Sessions{open: make(map[string]*Session)},
	}
	for i := 0; i < n; i++ {
		r.articles = append(r.articles, fmt.Sprintf("article %d %s", i, strings.Repeat("text ", 250)))
	}
	return r
}

func (r *Renderer) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var id int
	fmt.Sscanf(request.URL.Path, "/pages/%d", &id)
	session := r.sessions.Open(fmt.Sprintf("visitor-%d", id))
	session.visits++

	buffer := r.buffers.Get().(*bytes.Buffer)
	defer r.buffers.Put(buffer)
	buffer.Reset()
	for i := 0; i < 40; i++ {
		article := r.articles[(id*40+i)%len(r.articles)]
		buffer.WriteString(strings.ToUpper(article))
	}
	r.journal.Add(request.URL.Path, buffer.Len())
	w.Write(buffer.Bytes())
}

// Journal holds the last requests in a ring.
type Journal struct {
	mu   sync.Mutex
	ring [2048]string
	next int
}

// Add overwrites the oldest entry.
func (j *Journal) Add(path string, size int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ring[j.next%len(j.ring)] = fmt.Sprintf("%s %s %d", time.Now().Format(time.RFC3339), path, size)
	j.next++
}

// Session is one visitor's.
type Session struct {
	visits  int
	data    []byte
	expires time.Time
}

// Sessions holds those that are not too old.
type Sessions struct {
	mu   sync.Mutex
	open map[string]*Session
}

// Open returns the visitor's session and closes those that have expired.
func (s *Sessions) Open(visitor string) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for name, session := range s.open {
		if session.expires.Before(now) {
			delete(s.open, name)
		}
	}
	session, ok := s.open[visitor]
	if !ok {
		session = &Session{data: make([]byte, 8<<10)}
		s.open[visitor] = session
	}
	session.expires = now.Add(sessionLifetime)
	return session
}
