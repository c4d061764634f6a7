// A converter of currencies: asks a service of rates, which says now and then that it is busy.
package main

import (
	"context"
	"os"

	"tidemark.example/zoo/internal/service"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "provider" {
		Provide()
		return
	}
	converter := NewConverter(NewRates(StartProvider()), 50_000)

	service.Run(converter, func(ctx context.Context, client *service.Client) {
		service.Every(ctx, 30, func(n int) { client.Get("/convert/%d", n) })
	})
}
