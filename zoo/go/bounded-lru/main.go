// An image service: keeps the most recently used thumbnails in memory, up to a fixed number.
package main

import (
	"context"
	"math/rand"

	"tidemark.example/zoo/internal/service"
)

func main() {
	images := NewImages(2_000)
	server := NewServer(images, NewLRU(1_500))

	service.Run(server, func(ctx context.Context, client *service.Client) {
		random := rand.New(rand.NewSource(3))
		service.Every(ctx, 80, func(n int) { client.Get("/thumbnails/%d", random.Intn(100_000)) })
	})
}
