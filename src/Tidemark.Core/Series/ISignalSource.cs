namespace Tidemark.Core.Series;

/// <summary>Where the signals of one live process come from: the kernel, its runtime, an endpoint it serves.</summary>
public interface ISignalSource : IAsyncDisposable
{
    /// <summary>Sets the signals that this source knows now and leaves the others alone.</summary>
    /// <exception cref="TargetGoneException">The process has ended.</exception>
    ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation);
}

/// <summary>The process under diagnosis has ended.</summary>
public sealed class TargetGoneException(string message, Exception? inner = null) : Exception(message, inner);
