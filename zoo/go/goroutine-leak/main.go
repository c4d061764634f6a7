// A price comparison: asks several suppliers at once and answers with the first price.
package main

import (
	"context"

	"tidemark.example/zoo/internal/service"
)

func main() {
	shop := NewShop(30_000)
	aggregator := NewAggregator(5)
	api := NewAPI(shop, aggregator)

	service.Run(api, func(ctx context.Context, client *service.Client) {
		go service.Every(ctx, 40, func(n int) { client.Get("/products/%d", n%30_000) })
		service.Every(ctx, 12, func(n int) { client.Get("/quotes/%d", n%500) })
	})
}
