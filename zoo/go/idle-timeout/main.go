// A quote stream: sessions get the quotes that they follow, and are closed when nothing has come for long.
package main

import (
	"context"

	"tidemark.example/zoo/internal/service"
)

func main() {
	exchange := NewExchange(NewListings(30_000))
	for i := 0; i < 40; i++ {
		exchange.Open()
	}

	service.Run(exchange, func(ctx context.Context, client *service.Client) {
		go service.Every(ctx, 5, func(n int) { client.Get("/sessions") })
		service.Every(ctx, 40, func(n int) { client.Get("/publish/%d", n) })
	})
}
