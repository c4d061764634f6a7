using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Native;

/// <summary>C, C++, Rust and whatever else no other runtime claims: every Linux process is native code.</summary>
public sealed class NativeRuntime : IRuntime
{
    public string Name => "native";

    public RuntimeKnowledge Knowledge => NativeKnowledge.Value;

    /// <inheritdoc />
    public ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        return ValueTask.FromResult(target.Pid is { } pid && LinuxProcess.Find(pid) is not null);
    }

    /// <inheritdoc />
    public async Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        var pid =
            target.Pid
            ?? throw new AttachFailedException("a native process is attached to by its process id: use --pid");
        var process = LinuxProcess.Find(pid) ?? throw new TargetGoneException($"there is no process {pid}");
        return await NativeSession.OpenAsync(process, cancellation);
    }
}
