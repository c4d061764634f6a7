// A converter of currencies: asks a service of rates, which says now and then that it is busy.
package main

import (
	"context"

	"tidemark.example/zoo/internal/service"
)

func main() {
	provider := NewProvider()
	converter := NewConverter(NewRates(provider.Start()), 50_000)

	service.Run(converter, func(ctx context.Context, client *service.Client) {
		service.Every(ctx, 30, func(n int) { client.Get("/convert/%d", n) })
	})
}
