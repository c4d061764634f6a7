using Tidemark.Core.Suspects;
using Tidemark.Runtimes.DotNet;
using Tidemark.Runtimes.Go;
using Tidemark.Runtimes.Jvm;
using Tidemark.Runtimes.Native;
using Tidemark.Runtimes.Node;
using Tidemark.Runtimes.Python;

namespace Tidemark.Runtimes;

/// <summary>All runtimes there are.</summary>
public static class KnownRuntimes
{
    /// <summary>In the order in which they are asked; native code, which every process is, stands last.</summary>
    public static IReadOnlyList<IRuntime> All { get; } =
    [
        new DotNetRuntime(),
        new GoRuntime(),
        new JvmRuntime(),
        new PythonRuntime(),
        new NodeRuntime(),
        new NativeRuntime(),
    ];

    /// <summary>What is known of the runtime that a capture is of; nothing where it does not say, or is not one of ours.</summary>
    public static RuntimeKnowledge KnowledgeOf(string? runtime) =>
        All.FirstOrDefault(r => r.Name == runtime)?.Knowledge ?? new RuntimeKnowledge();
}
