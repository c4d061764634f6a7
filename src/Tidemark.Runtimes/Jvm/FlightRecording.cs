using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Jvm;

/// <summary>A flight recording of nothing but old objects: a sample of what was allocated since it began and is still alive, with the stacks of its allocation.</summary>
/// <remarks>
/// It begins with the first capture, and each capture is what it has seen by then. It stops with the session; that the recorder was
/// loaded (some 35 MiB with its buffers and classes) stays until the JVM ends. Java 17 is the first version that takes the settings
/// of single events on its command line.
/// </remarks>
internal sealed class FlightRecording(LinuxProcess process, AttachChannel channel) : IAsyncDisposable
{
    public const int FirstVersion = 17;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly string name = $"tidemark-{Environment.ProcessId}-{Path.GetRandomFileName()}";
    private bool isRunning;

    /// <summary>Writes what was seen so far into a new file.</summary>
    /// <exception cref="CaptureFailedException">The JVM has no recorder or refused.</exception>
    public async Task WriteAsync(string path, long expectedBytes, TimeSpan patience, CancellationToken cancellation)
    {
        if (!isRunning)
        {
            await StartAsync(cancellation);
        }

        await new TargetFiles(process, channel).WriteAsync(
            path,
            expectedBytes,
            there => $"JFR.dump name={name} filename=\"{there}\"",
            "Dumped recording",
            patience,
            cancellation
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (!isRunning || !process.IsRunning)
        {
            return;
        }

        isRunning = false;
        try
        {
            await channel.RunAsync($"JFR.stop name={name}", StopPatience, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // It has ended, or it hangs: then there is nobody left to tell.
        }
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        // Kept in memory; no path to the roots is looked for, which would stop the target for as long as a heap dump does.
        var answer = await channel.RunAsync(
            $"JFR.start name={name} disk=false settings=none +jdk.OldObjectSample#enabled=true +jdk.OldObjectSample#cutoff=0ns",
            StartPatience,
            cancellation
        );
        isRunning = answer.Contains("Started recording", StringComparison.Ordinal)
            ? true
            : throw new CaptureFailedException(
                $"process {process.Pid} started no flight recording: {answer.ReplaceLineEndings(" ").Trim()}"
            );
    }
}
