using System.Diagnostics;
using System.Globalization;

namespace Tidemark.Runtimes.Tests.Go;

/// <summary>A small Go service, built once, that does as it is told over its standard input.</summary>
public sealed class GoTarget : IAsyncLifetime
{
    private const string Source = """
        package main

        import (
        	"bufio"
        	"encoding/base64"
        	_ "expvar"
        	"fmt"
        	"net"
        	"net/http"
        	_ "net/http/pprof"
        	"os"
        	"runtime"
        	"strings"
        )

        var held [][]byte
        var never = make(chan int)

        func hold(megabytes int) {
        	for i := 0; i < megabytes; i++ {
        		held = append(held, make([]byte, 1<<20))
        	}
        }

        func waitForEver() { <-never }

        func startStuck(n int) {
        	for i := 0; i < n; i++ {
        		go waitForEver()
        	}
        }

        func serve(mode string) http.Handler {
        	mux := http.NewServeMux()
        	switch mode {
        	case "plain":
        		return http.NotFoundHandler()
        	case "prefix":
        		mux.Handle("/admin/debug/", http.StripPrefix("/admin", http.DefaultServeMux))
        	case "metrics":
        		mux.HandleFunc("/metrics", func(w http.ResponseWriter, r *http.Request) {
        			fmt.Fprintln(w, "# TYPE http_requests_total counter")
        			fmt.Fprintln(w, "http_requests_total{code=\"200\",path=\"/{id}\"} 41")
        			fmt.Fprintln(w, "http_requests_total{code=\"500\",path=\"/\"} 1 1700000000000")
        			fmt.Fprintln(w, "promhttp_metric_handler_requests_total{code=\"200\"} 977")
        			fmt.Fprintln(w, "quote_cache_entries 12")
        			fmt.Fprintln(w, "go_gc_gomemlimit_bytes 1.048576e+09")
        		})
        		mux.Handle("/debug/pprof/", http.DefaultServeMux)
        	case "password":
        		want := "Basic " + base64.StdEncoding.EncodeToString([]byte("ops:s3cret"))
        		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
        			if r.Header.Get("Authorization") != want {
        				w.WriteHeader(401)
        				return
        			}
        			http.DefaultServeMux.ServeHTTP(w, r)
        		})
        	default:
        		mux.Handle("/debug/", http.DefaultServeMux)
        	}
        	return mux
        }

        func main() {
        	if os.Args[1] == "unprofiled" {
        		runtime.MemProfileRate = 0
        	}
        	listener, err := net.Listen("tcp", "127.0.0.1:0")
        	if err != nil {
        		panic(err)
        	}
        	go http.Serve(listener, serve(os.Args[1]))
        	fmt.Println("http://" + listener.Addr().String())
        	lines := bufio.NewScanner(os.Stdin)
        	for lines.Scan() {
        		var n int
        		switch word := strings.Fields(lines.Text()); word[0] {
        		case "hold":
        			fmt.Sscan(word[1], &n)
        			hold(n)
        		case "clear":
        			held = nil
        		case "stuck":
        			fmt.Sscan(word[1], &n)
        			startStuck(n)
        			runtime.Gosched()
        		}
        		fmt.Println("done")
        	}
        }
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("tidemark-go");

    private string Program => Path.Combine(folder.FullName, "target");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "main.go"), Source);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "go.mod"), "module target\n\ngo 1.19\n");
        using var build = Process.Start(
            new ProcessStartInfo("go", ["build", "-o", Program, "."]) { WorkingDirectory = folder.FullName }
        )!;
        await build.WaitForExitAsync();
        build.ExitCode.ShouldBe(0);
    }

    public Task DisposeAsync()
    {
        folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    /// <param name="mode">How it serves: <c>usual</c>, <c>plain</c>, <c>prefix</c>, <c>metrics</c>, <c>password</c> or <c>unprofiled</c>.</param>
    /// <param name="environment">Variables of its environment.</param>
    internal async Task<GoService> StartAsync(string mode, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Program, [mode])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var address = await process.StandardOutput.ReadLineAsync();
        return new GoService(process, new Uri(address.ShouldNotBeNull()));
    }
}

/// <summary>One running target.</summary>
internal sealed class GoService(Process process, Uri address) : IAsyncDisposable
{
    public int Pid => process.Id;

    public Uri Address => address;

    /// <summary>Keeps so many megabytes.</summary>
    public Task HoldAsync(int megabytes) => TellAsync(string.Create(CultureInfo.InvariantCulture, $"hold {megabytes}"));

    /// <summary>Starts goroutines that wait for ever in <c>main.waitForEver</c>.</summary>
    public Task StartStuckAsync(int goroutines) =>
        TellAsync(string.Create(CultureInfo.InvariantCulture, $"stuck {goroutines}"));

    /// <summary>Lets go of what is held.</summary>
    public Task ClearAsync() => TellAsync("clear");

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    private async Task TellAsync(string command)
    {
        await process.StandardInput.WriteLineAsync(command);
        (await process.StandardOutput.ReadLineAsync()).ShouldBe("done");
    }
}
