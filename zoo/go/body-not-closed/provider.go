package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
)

const busyEvery = 3

// Provider is the service of rates. It is a process of its own, as the real one would be.
type Provider struct {
	asked uint64
}

// StartProvider starts the process, which ends with this one, and returns its address.
func StartProvider() string {
	command := exec.Command(os.Args[0], "provider")
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := command.StdoutPipe()
	if err != nil {
		log.Fatal(err)
	}
	if err := command.Start(); err != nil {
		log.Fatal(err)
	}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// Provide serves on a free port and prints the address.
func Provide() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://" + listener.Addr().String())
	log.Fatal(http.Serve(listener, &Provider{}))
}

func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := atomic.AddUint64(&p.asked, 1)
	if n%busyEvery == 0 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, strings.Repeat("busy, come back later. ", 400))
		return
	}
	fmt.Fprintf(w, "%d.%04d", 1+n%3, n%10_000)
}
