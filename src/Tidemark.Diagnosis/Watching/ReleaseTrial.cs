using Tidemark.Core;
using Tidemark.Core.Series;

namespace Tidemark.Diagnosis.Watching;

/// <summary>Has a process give back what it can spare, on request and behind a watch: the samples are not part of the history, because what is given back now is our doing.</summary>
internal static class ReleaseTrial
{
    // Collectors and allocators give back in the background, bit by bit.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);

    // A full collection of a large heap, on a busy machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <returns>What it gave back, or why nothing, as a sentence.</returns>
    public static async Task<string> RunAsync(LiveTarget target, TimeProvider time, CancellationToken enough)
    {
        try
        {
            var before = await ReadFootprintAsync(target, enough);
            if (await target.Session.ReleaseAsync(enough).WaitAsync(Patience, time, enough) is not { } done)
            {
                return "--try: this process offers nothing that would make it give memory back, or not at the moment";
            }

            await Task.Delay(Rest, time, enough);
            var after = await ReadFootprintAsync(target, enough);
            return $"--try: {done} took the footprint from {Quantity.Bytes(before)} to {Quantity.Bytes(after)}: {(after < before ? Quantity.Bytes(before - after) : "nothing")} was given back";
        }
        catch (Exception e) when (e is not OperationCanceledException || !enough.IsCancellationRequested)
        {
            return $"--try: {e.Message}";
        }
    }

    private static async Task<long> ReadFootprintAsync(LiveTarget target, CancellationToken enough)
    {
        var sample = new SignalSample();
        await target.SampleOutsideAsync(sample, enough);
        return (long)sample[Signal.Footprint];
    }
}
