using Tidemark.Core.Series;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Jvm;

/// <summary>HotSpot JVMs (OpenJDK and its builds) from version 8 on. OpenJ9 has another attach protocol and other dumps, and is refused by name.</summary>
public sealed class JvmRuntime : IRuntime
{
    /// <inheritdoc />
    public string Name => "jvm";

    /// <inheritdoc />
    public RuntimeKnowledge Knowledge => JvmKnowledge.Value;

    /// <inheritdoc />
    public ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        return ValueTask.FromResult(target.Pid is { } pid && JvmProcess.Find(pid) is { Kind: not JvmKind.None });
    }

    /// <inheritdoc />
    public async Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Pid is not { } pid)
        {
            throw new AttachFailedException("a JVM is attached to by its process id: give --pid");
        }

        var jvm = JvmProcess.Find(pid) ?? throw new TargetGoneException($"no process {pid} is running");
        return jvm.Kind switch
        {
            JvmKind.HotSpot => await JvmSession.OpenAsync(jvm, cancellation),
            JvmKind.OpenJ9 => throw new AttachFailedException(
                $"process {pid} runs OpenJ9, whose attach protocol Tidemark does not speak: have it write an HPROF dump (-Xdump:java+system, then jpackcore or jcmd's Dump.heap) and watch its memory with --runtime native"
            ),
            _ => throw new AttachFailedException($"process {pid} runs no HotSpot JVM: no libjvm.so is mapped into it"),
        };
    }
}
