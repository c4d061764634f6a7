using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Jvm;

/// <summary>What is known of Java's collections and its usual faults.</summary>
public static class JvmKnowledge
{
    public static RuntimeKnowledge Value { get; } = new();
}
