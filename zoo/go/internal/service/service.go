// Package service is what all services here share: a listener with pprof, a clock that ends them, and the load that they put on
// themselves.
package service

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
	"time"
)

const lifetime = 10 * time.Minute

// Run serves handler and the default mux (pprof) on a free port of this machine, says ready, and starts the load against it.
// It returns after ten minutes.
func Run(handler http.Handler, load func(ctx context.Context, client *Client)) {
	ctx, cancel := context.WithTimeout(context.Background(), lifetime)
	defer cancel()

	listener, err := net.Listen("tcp", "127.0.0.1:"+port())
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/", http.DefaultServeMux)
	mux.Handle("/", handler)
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	fmt.Println("ready")

	client := &Client{
		base: "http://" + listener.Addr().String(),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 10 * time.Second},
	}
	go load(ctx, client)
	<-ctx.Done()
}

func port() string {
	if p := os.Getenv("PORT"); p != "" {
		return p
	}
	return "0"
}

// Every calls do so many times a second until ctx is done, each time with the next number.
func Every(ctx context.Context, perSecond int, do func(n int)) {
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do(n)
		}
	}
}

// Client sends requests to the service itself.
type Client struct {
	base string
	http *http.Client
}

// Get reads a path and returns the body's length; failures show in the service's log.
func (c *Client) Get(format string, args ...any) int64 {
	response, err := c.http.Get(c.base + fmt.Sprintf(format, args...))
	return drain(response, err)
}

// Post sends a body to a path.
func (c *Client) Post(path, body string) int64 {
	response, err := c.http.Post(c.base+path, "application/octet-stream", strings.NewReader(body))
	return drain(response, err)
}

func drain(response *http.Response, err error) int64 {
	if err != nil {
		log.Print(err)
		return 0
	}
	defer response.Body.Close()
	n, _ := io.Copy(io.Discard, response.Body)
	return n
}
