package main

import "fmt"

// Product is something on sale.
type Product struct {
	ID    int
	Title string
	Text  string
}

// Shop holds all products; it is filled once and stays.
type Shop struct {
	products map[int]*Product
}

// NewShop makes up so many products.
func NewShop(n int) *Shop {
	s := &Shop{products: make(map[int]*Product, n)}
	for i := 0; i < n; i++ {
		s.products[i] = &Product{ID: i, Title: fmt.Sprintf("product %d", i), Text: fmt.Sprintf("%01200d", i)}
	}
	return s
}

// Find returns a copy of a product.
func (s *Shop) Find(id int) Product { return *s.products[id] }
