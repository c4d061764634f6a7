using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes;

/// <summary>A process under diagnosis: by process id, by the address it serves, or both.</summary>
/// <param name="Pid">Its process id on this machine, where it is here.</param>
/// <param name="Url">Where it serves HTTP, where that is known.</param>
/// <param name="Name">What people call it.</param>
public sealed record Target(int? Pid, Uri? Url, string Name);

/// <summary>One kind of managed (or native) runtime: how to recognise it and how to attach to it.</summary>
public interface IRuntime
{
    /// <summary>Its name on the command line: <c>go</c>, <c>jvm</c>, <c>node</c>, <c>python</c>, <c>dotnet</c>, <c>native</c>.</summary>
    string Name { get; }

    /// <summary>What is known of its collections and usual faults.</summary>
    RuntimeKnowledge Knowledge { get; }

    /// <summary>Looks at the target from outside, without touching it, and says whether it runs this runtime.</summary>
    ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation);

    /// <summary>Opens what the runtime offers: signals and captures. Leaves the target as it was when the session is disposed.</summary>
    /// <exception cref="AttachFailedException">It cannot be reached; the message says what to do.</exception>
    Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation);
}

/// <summary>The runtime cannot be reached; the message is one line and says what to do.</summary>
public sealed class AttachFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A capture was not taken or came to nothing; the message is one line and says why and what to do.</summary>
public sealed class CaptureFailedException(string message, Exception? inner = null) : Exception(message, inner);
