package main

import (
	"fmt"
	"net/http"
	"sync"
)

const (
	batchBytes       = 64 << 10
	batchesPerTenant = 300
	spanBytes        = 8 << 10
)

// Broker takes batches of records.
type Broker struct {
	mu      sync.Mutex
	offsets map[int]string
	markers *Markers
	sum     int
}

// NewBroker returns a broker that knows the offsets of so many consumers.
func NewBroker(consumers int) *Broker {
	b := &Broker{offsets: make(map[int]string), markers: &Markers{}}
	for i := 0; i < consumers; i++ {
		b.offsets[i] = fmt.Sprintf("%0500d", i)
	}
	return b
}

func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(r.URL.Path, "/batches/%d", &n); err != nil {
		fmt.Fprintln(w, len(b.offsets))
		return
	}
	records := b.decode(recordSize(n/batchesPerTenant), batchBytes)
	for _, record := range records {
		b.sum += len(record)
	}
	b.markers.Keep(records)
	fmt.Fprintln(w, len(records))
}

// decode makes a batch out of records of the tenant's size.
func (b *Broker) decode(size, total int) [][]byte {
	records := make([][]byte, 0, total/size)
	for i := 0; i < total/size; i++ {
		records = append(records, make([]byte, size))
	}
	return records
}

// recordSize is that of a tenant: each has its own.
func recordSize(tenant int) int {
	sizes := []int{16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352}
	return sizes[tenant%len(sizes)]
}

// Markers remembers one record of every few, so that a consumer can find its place again. Few bytes stay, but each of them keeps
// the page that it lies on from being used for records of another size.
type Markers struct {
	kept [][]byte
}

// Keep remembers the first of each eight kilobytes of records.
func (m *Markers) Keep(records [][]byte) {
	each := spanBytes / len(records[0])
	for i := 0; i < len(records); i += each {
		m.kept = append(m.kept, records[i])
	}
}
