namespace Tidemark.Runtimes.Go;

/// <summary>Spaces out questions so that the service spends at most half a per cent of its time on their answers.</summary>
/// <remarks>On a busy machine an answer takes longer than it costs, so the quickest of the recent ones counts.</remarks>
/// <param name="shortest">The shortest pause.</param>
internal sealed class PollingCost(TimeSpan shortest)
{
    private const int ShareOfTime = 200;

    /// <summary>A quick answer is forgotten at this rate: the page may have grown since.</summary>
    private const double Forgetting = 1.2;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private TimeSpan quickest = TimeSpan.MaxValue / Forgetting;

    /// <summary>How long to wait after an answer that took so long.</summary>
    public TimeSpan PauseAfter(TimeSpan took)
    {
        quickest = quickest * Forgetting < took ? quickest * Forgetting : took;
        var pause = quickest * ShareOfTime;
        return pause < shortest ? shortest
            : pause > Longest ? Longest
            : pause;
    }
}
