package main

import (
	"fmt"
	"net/http"
)

const thumbnailBytes = 40 << 10

// Images holds originals; they are loaded once and stay.
type Images struct {
	originals [][]byte
}

// NewImages makes up so many.
func NewImages(n int) *Images {
	images := &Images{}
	for i := 0; i < n; i++ {
		original := make([]byte, 32<<10)
		for j := range original {
			original[j] = byte(i + j)
		}
		images.originals = append(images.originals, original)
	}
	return images
}

// Thumbnail scales an original down (and pretends that there are more of them).
func (m *Images) Thumbnail(id int) []byte {
	original := m.originals[id%len(m.originals)]
	thumbnail := make([]byte, thumbnailBytes)
	for i := range thumbnail {
		thumbnail[i] = original[(i*7)%len(original)] ^ byte(id)
	}
	return thumbnail
}

// Server answers requests.
type Server struct {
	images *Images
	cache  *LRU
}

// NewServer returns one.
func NewServer(images *Images, cache *LRU) *Server { return &Server{images: images, cache: cache} }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var id int
	fmt.Sscanf(r.URL.Path, "/thumbnails/%d", &id)
	thumbnail, ok := s.cache.Get(id)
	if !ok {
		thumbnail = s.images.Thumbnail(id)
		s.cache.Put(id, thumbnail)
	}
	w.Write(thumbnail)
}
