package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

const listLength = 60

// Item is one recommendation.
type Item struct {
	Product int
	Score   float64
	Reason  string
}

// Recommender answers requests.
type Recommender struct {
	model *Model
	cache *listCache
}

// NewRecommender returns one with an empty cache.
func NewRecommender(model *Model) *Recommender {
	return &Recommender{model: model, cache: newListCache()}
}

// Handler returns the routes.
func (r *Recommender) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/recommendations/", func(w http.ResponseWriter, request *http.Request) {
		var visitor int
		fmt.Sscanf(request.URL.Path, "/recommendations/%d", &visitor)
		json.NewEncoder(w).Encode(r.cache.Lookup(visitor, r.compute))
	})
	return mux
}

func (r *Recommender) compute(visitor int) []Item {
	items := make([]Item, 0, listLength)
	for i := 0; i < listLength; i++ {
		product := (visitor*31 + i*17) % len(r.model.vectors)
		items = append(items, Item{
			Product: product,
			Score:   r.model.Similarity(visitor, product),
			Reason:  fmt.Sprintf("visitors like %d also bought %d", visitor, product),
		})
	}
	return items
}
