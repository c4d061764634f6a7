using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.DotNet;

/// <summary>.NET on CoreCLR, from .NET Core 3.1 on; tried with .NET 10.</summary>
public sealed class DotNetRuntime : IRuntime
{
    /// <inheritdoc />
    public string Name => "dotnet";

    /// <inheritdoc />
    public RuntimeKnowledge Knowledge => DotNetKnowledge.Value;

    /// <inheritdoc />
    public ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        return ValueTask.FromResult(
            target.Pid is { } pid && LinuxProcess.Find(pid) is { } process && DiagnosticPort.RunsDotNet(process)
        );
    }

    /// <inheritdoc />
    public async Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Pid is not { } pid)
        {
            throw new AttachFailedException("a .NET process is attached to by its process id: give --pid");
        }

        var process = LinuxProcess.Find(pid) ?? throw new TargetGoneException($"no process {pid} is running");
        return await DotNetSession.OpenAsync(process, cancellation);
    }
}
