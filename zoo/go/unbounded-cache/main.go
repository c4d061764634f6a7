// A recommendation service: computes a list for each visitor once and remembers it.
package main

import (
	"context"
	"math/rand"

	"tidemark.example/zoo/internal/service"
)

func main() {
	model := NewModel(50_000)
	recommender := NewRecommender(model)

	service.Run(recommender.Handler(), func(ctx context.Context, client *service.Client) {
		random := rand.New(rand.NewSource(7))
		visitors := 0
		// Two of three visits are by somebody who was here before.
		service.Every(ctx, 90, func(n int) {
			visitor := random.Intn(visitors + 1)
			if n%3 == 0 {
				visitors++
				visitor = visitors
			}
			client.Get("/recommendations/%d", visitor)
		})
	})
}
