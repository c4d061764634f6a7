package main

import "fmt"

// Instrument is something that is traded.
type Instrument struct {
	ID          int     `json:"id"`
	Symbol      string  `json:"symbol"`
	Description string  `json:"description"`
	TickSize    float64 `json:"tickSize"`
	Tags        []string
}

// Catalog holds all instruments; it is read once and stays.
type Catalog struct {
	instruments []*Instrument
	bySymbol    map[string]*Instrument
}

// NewCatalog makes up so many instruments.
func NewCatalog(n int) *Catalog {
	c := &Catalog{bySymbol: make(map[string]*Instrument, n)}
	for i := 0; i < n; i++ {
		instrument := &Instrument{
			ID:          i,
			Symbol:      fmt.Sprintf("SYM%06d", i),
			Description: fmt.Sprintf("%0900d", i),
			TickSize:    0.01,
			Tags:        []string{fmt.Sprintf("sector-%d", i%11), fmt.Sprintf("country-%d", i%41)},
		}
		c.instruments = append(c.instruments, instrument)
		c.bySymbol[instrument.Symbol] = instrument
	}
	return c
}

// Related returns an instrument and its neighbours: much garbage, none of which stays.
func (c *Catalog) Related(id int) []Instrument {
	var related []Instrument
	for i := id; i < id+20; i++ {
		related = append(related, *c.instruments[i%len(c.instruments)])
	}
	return related
}
