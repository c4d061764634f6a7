using System.Globalization;

namespace Tidemark.Runtimes.Processes;

/// <summary>The memory mappings of a process as a capture: for a runtime whose other captures see nothing of what grows outside of its heap.</summary>
internal static class MappingsCapture
{
    // The kernel walks the page tables while it adds up.
    private const double SecondsPerByte = 0.01 / (1L << 30);

    public static CaptureMethod Method { get; } =
        new("mappings", "smaps", ".smaps", CaptureRole.Census, "memory mappings");

    public static CaptureEstimate Estimate(int pid) =>
        new(TimeSpan.FromSeconds((LinuxProcess.Find(pid)?.ReadResidentBytes() ?? 0) * SecondsPerByte), 1 << 20, 0);

    /// <exception cref="CaptureFailedException">They cannot be read, or not be written.</exception>
    public static async Task<CaptureOutcome> WriteAsync(int pid, string path, CancellationToken cancellation)
    {
        try
        {
            var smaps = await File.ReadAllBytesAsync(
                string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/smaps"),
                cancellation
            );
            await CaptureFile.WriteAsync(path, file => file.WriteAsync(smaps, cancellation).AsTask());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CaptureFailedException($"the mappings of process {pid} were not read: {e.Message}", e);
        }

        return new CaptureOutcome(null, []);
    }
}
