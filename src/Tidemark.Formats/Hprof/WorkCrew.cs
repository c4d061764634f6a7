namespace Tidemark.Formats.Hprof;

/// <summary>Some threads that take numbered jobs in their order.</summary>
internal static class WorkCrew
{
    /// <summary>Runs all jobs; each thread makes its own worker. The first failure ends the others and is thrown.</summary>
    public static void Run<TWorker>(
        int jobs,
        Func<TWorker> hire,
        Action<TWorker, int> job,
        CancellationToken cancellation
    )
        where TWorker : IDisposable
    {
        var next = -1;
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Environment.ProcessorCount,
            CancellationToken = cancellation,
        };
        try
        {
            Parallel.For(
                0,
                Math.Min(jobs, Environment.ProcessorCount),
                options,
                (_, state) =>
                {
                    using var worker = hire();
                    while (
                        !state.ShouldExitCurrentIteration
                        && Interlocked.Increment(ref next) is var number
                        && number < jobs
                    )
                    {
                        job(worker, number);
                    }
                }
            );
        }
        catch (AggregateException failures)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }
}
