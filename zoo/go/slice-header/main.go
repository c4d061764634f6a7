// A document store that keeps what it was sent on disk and an index of titles in memory.
package main

import (
	"context"
	"strings"

	"tidemark.example/zoo/internal/service"
)

func main() {
	store := NewStore(NewDictionary(400_000))

	service.Run(store.Handler(), func(ctx context.Context, client *service.Client) {
		body := strings.Repeat("lorem ipsum dolor sit amet ", 1200)
		go service.Every(ctx, 60, func(n int) { client.Get("/search?q=lorem%d", n%100) })
		service.Every(ctx, 20, func(n int) { client.Post("/documents", title(n)+"\n"+body) })
	})
}
