using System.Diagnostics;

namespace Tidemark.Runtimes.Tests.Jvm;

/// <summary>Compiles one small Java program and runs it as often as a test asks for it.</summary>
public sealed class JavaTarget : IDisposable
{
    private const string Source = """
        import com.sun.net.httpserver.HttpServer;
        import java.net.InetSocketAddress;
        import java.nio.ByteBuffer;
        import java.util.*;

        public class Target {
            static final List<byte[]> HELD = new ArrayList<>();
            static final List<ByteBuffer> DIRECT = new ArrayList<>();

            public static void main(String[] arguments) throws Exception {
                hold();
                System.out.println("ready");
                Scanner commands = new Scanner(System.in);
                while (commands.hasNextLine()) {
                    switch (commands.nextLine()) {
                        case "hold": hold(); break;
                        case "direct": for (int i = 0; i < 30; i++) DIRECT.add(ByteBuffer.allocateDirect(1 << 20)); break;
                        case "serve": serve(); break;
                        default: HELD.clear();
                    }
                    System.out.println("done");
                }
            }

            static void serve() throws Exception {
                HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
                server.createContext("/metrics", exchange -> {
                    byte[] page = "http_requests_total{path=\"/\"} 42\n".getBytes();
                    exchange.sendResponseHeaders(200, page.length);
                    exchange.getResponseBody().write(page);
                    exchange.close();
                });
                server.start();
            }

            static void hold() {
                for (int i = 0; i < 20_000; i++) HELD.add(new byte[1000]);
            }
        }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-jvm-").FullName;

    public JavaTarget()
    {
        File.WriteAllText(Path.Combine(folder, "Target.java"), Source);
        using var compiler = Process.Start("javac", ["-d", folder, Path.Combine(folder, "Target.java")]);
        compiler.WaitForExit();
        compiler.ExitCode.ShouldBe(0);
        // Other users run it as well.
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
    }

    /// <summary>Starts the program and waits until it is ready.</summary>
    /// <param name="launcher">A command that the JVM is started through, such as runuser; empty for none.</param>
    /// <param name="options">Options of the JVM.</param>
    public async Task<RunningJava> StartThroughAsync(string[] launcher, params string[] options)
    {
        // Relative to the working directory, which stays what it is where a launcher changes what is mounted.
        string[] command = [.. launcher, "java", "-Xmx200m", .. options, "-cp", "/proc/self/cwd", "Target"];
        var process = Process.Start(
            new ProcessStartInfo(command[0], command[1..])
            {
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
                WorkingDirectory = folder,
                UseShellExecute = false,
            }
        )!;
        var line = await process.StandardOutput.ReadLineAsync();
        line.ShouldBe("ready");
        return new RunningJava(process);
    }

    public Task<RunningJava> StartAsync(params string[] options) => StartThroughAsync([], options);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

/// <summary>A JVM that ends with the test.</summary>
public sealed class RunningJava(Process process) : IAsyncDisposable
{
    /// <summary>The JVM itself, also where something else has started it.</summary>
    public int Pid { get; } = Descendants(process.Id).Append(process.Id).First(p => Name(p) == "java");

    public Target Target => new(Pid, null, "target");

    /// <summary>Lets go of all that the program holds.</summary>
    public Task ClearAsync() => TellAsync("clear");

    /// <summary>Has the program hold twenty thousand arrays more.</summary>
    public Task HoldMoreAsync() => TellAsync("hold");

    /// <summary>Has the program hold thirty direct buffers of a mebibyte.</summary>
    public Task AllocateDirectAsync() => TellAsync("direct");

    /// <summary>Has the program show on a page of metrics that it has served 42 requests.</summary>
    public Task ServeMetricsAsync() => TellAsync("serve");

    /// <summary>Ends it, and waits until it has ended.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

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
        await process.StandardInput.FlushAsync();
        (await process.StandardOutput.ReadLineAsync()).ShouldBe("done");
    }

    private static string Name(int pid) => File.ReadAllText($"/proc/{pid}/comm").Trim();

    private static IEnumerable<int> Descendants(int pid)
    {
        foreach (
            var child in File.ReadAllText($"/proc/{pid}/task/{pid}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            yield return int.Parse(child);
            foreach (var descendant in Descendants(int.Parse(child)))
            {
                yield return descendant;
            }
        }
    }
}
