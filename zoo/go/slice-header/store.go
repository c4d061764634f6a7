package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"sync"
)

const maxDocument = 1 << 20

// Store takes documents and finds them by title.
type Store struct {
	index      *Index
	dictionary *Dictionary
	stored     int64
}

// NewStore returns an empty store.
func NewStore(dictionary *Dictionary) *Store {
	return &Store{index: &Index{byHash: make(map[uint64][]byte)}, dictionary: dictionary}
}

// Handler returns the routes.
func (s *Store) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/documents", s.upload)
	mux.HandleFunc("/search", s.search)
	return mux
}

func (s *Store) upload(w http.ResponseWriter, r *http.Request) {
	document, err := readDocument(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.index.Add(document)
	s.save(document)
	fmt.Fprintln(w, len(document))
}

func (s *Store) search(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, s.dictionary.Near(r.URL.Query().Get("q")))
}

func (s *Store) save(document []byte) {
	// The disk is somebody else's business here.
	s.stored += int64(len(document))
}

func readDocument(body io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(body, maxDocument))
}

// Index holds the titles of all documents.
type Index struct {
	mu     sync.Mutex
	byHash map[uint64][]byte
}

// Add enters the document's title: its first line. The slice shares the array of the whole document.
func (x *Index) Add(document []byte) {
	end := bytes.IndexByte(document, '\n')
	if end < 0 {
		end = len(document)
	}
	title := document[:end]
	hash := fnv.New64a()
	hash.Write(title)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.byHash[hash.Sum64()] = title
}
