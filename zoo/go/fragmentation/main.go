// A broker for tenants whose records have different sizes: batches come and go, one marker of each batch stays for a while.
package main

import (
	"context"

	"tidemark.example/zoo/internal/service"
)

func main() {
	broker := NewBroker(40_000)

	service.Run(broker, func(ctx context.Context, client *service.Client) {
		go service.Every(ctx, 10, func(n int) { client.Get("/offsets") })
		service.Every(ctx, 20, func(n int) { client.Get("/batches/%d", n) })
	})
}
