package main

import "math"

const dimensions = 200

// Model holds a vector for each product; it is read once and stays.
type Model struct {
	vectors [][]float32
}

// NewModel makes up so many products.
func NewModel(products int) *Model {
	m := &Model{vectors: make([][]float32, products)}
	for p := range m.vectors {
		v := make([]float32, dimensions)
		for d := range v {
			v[d] = float32(math.Sin(float64(p*dimensions + d)))
		}
		m.vectors[p] = v
	}
	return m
}

// Similarity compares two products.
func (m *Model) Similarity(a, b int) float64 {
	v, w := m.vectors[a%len(m.vectors)], m.vectors[b%len(m.vectors)]
	sum := 0.0
	for d := range v {
		sum += float64(v[d] * w[d])
	}
	return sum
}
