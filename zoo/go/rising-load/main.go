// A checkout service: a basket for each customer, for as long as the customer shops. More and more customers come.
package main

import (
	"context"
	"time"

	"tidemark.example/zoo/internal/service"
)

func main() {
	prices := NewPrices(60_000)
	checkout := NewCheckout(prices, NewBaskets(10*time.Second))

	service.Run(checkout.Handler(), func(ctx context.Context, client *service.Client) {
		// One more customer a second comes every two seconds.
		for rate := 10; ctx.Err() == nil; rate++ {
			phase, cancel := context.WithTimeout(ctx, 2*time.Second)
			service.Every(phase, rate, func(n int) { client.Post("/baskets", "") })
			cancel()
		}
	})
}
