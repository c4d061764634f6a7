using Tidemark.Core.Growth;

namespace Tidemark.Cli;

/// <summary>What the process says to the script that called it.</summary>
public static class ExitStatus
{
    /// <summary>Steady, warm-up or load; or the question was answered.</summary>
    public const int Healthy = 0;

    /// <summary>Leak, unbounded cache, fragmentation or native leak.</summary>
    public const int Leaking = 1;

    /// <summary>It could not be done; standard error says what and what to do.</summary>
    public const int Failed = 2;

    /// <summary>Not enough history to say.</summary>
    public const int Inconclusive = 3;

    public static int Of(GrowthVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.IsLeaking ? Leaking
            : verdict.Kind == GrowthKind.Inconclusive ? Inconclusive
            : Healthy;
    }
}

/// <summary>A command cannot do what was asked; the message is one line that says why and what to do.</summary>
public sealed class CommandFailedException(string message, Exception? inner = null) : Exception(message, inner);
