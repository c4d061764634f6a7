// A rendering service: much garbage with every request, a pool, a ring of the last requests, and nothing that stays.
package main

import (
	"context"

	"tidemark.example/zoo/internal/service"
)

func main() {
	renderer := NewRenderer(40_000)

	service.Run(renderer, func(ctx context.Context, client *service.Client) {
		go service.Every(ctx, 60, func(n int) { client.Get("/pages/%d", n) })
		service.Every(ctx, 30, func(n int) { client.Get("/pages/%d", n*13) })
	})
}
