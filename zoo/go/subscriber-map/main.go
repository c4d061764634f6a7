// A market data service: clients subscribe to instruments and poll what has happened since.
package main

import (
	"context"

	"tidemark.example/zoo/internal/service"
)

func main() {
	catalog := NewCatalog(60_000)
	hub := NewHub()
	api := NewAPI(catalog, hub)

	service.Run(api, func(ctx context.Context, client *service.Client) {
		go service.Every(ctx, 50, func(n int) { client.Get("/instruments/%d", n*7919%60_000) })
		go service.Every(ctx, 20, func(n int) { client.Post("/trades", `{"instrument":17,"price":12.5}`) })
		// A client comes, looks and goes; the next one has another name.
		service.Every(ctx, 40, func(n int) {
			client.Post("/subscriptions", clientName(n))
			client.Get("/subscriptions/%s/close", clientName(n))
		})
	})
}
