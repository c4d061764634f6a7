package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Rates asks for the rates of today.
type Rates struct {
	address string
	http    *http.Client
}

// NewRates returns a client of the service at address.
func NewRates(address string) *Rates {
	transport := &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}
	return &Rates{address: address, http: &http.Client{Transport: transport}}
}

// Fetch returns a rate; the last known one will do where the service is busy.
func (r *Rates) Fetch(pair int) (float64, error) {
	response, err := r.http.Get(fmt.Sprintf("%s/rates/%d", r.address, pair))
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("rates: %s", response.Status)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(string(text), 64)
}
