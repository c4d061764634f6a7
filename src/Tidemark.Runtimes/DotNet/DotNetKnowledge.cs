using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.DotNet;

/// <summary>What is known of .NET's collections and its usual faults.</summary>
public static class DotNetKnowledge
{
    public static RuntimeKnowledge Value { get; } = new();
}
