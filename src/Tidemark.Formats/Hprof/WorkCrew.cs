namespace Tidemark.Formats.Hprof;

/// <summary>Some threads that take numbered jobs in their order.</summary>
internal static class WorkCrew
{
    /// <summary>Runs all jobs; each thread makes its own worker. The first failure ends the others and is thrown.</summary>
    /// <param name="isShared">False where one thread is enough.</param>
    /// <param name="jobs">How many jobs there are.</param>
    /// <param name="hire">Makes a worker.</param>
    /// <param name="job">Does a job.</param>
    /// <param name="cancellation">Stops it.</param>
    public static void Run<TWorker>(
        bool isShared,
        int jobs,
        Func<TWorker> hire,
        Action<TWorker, int> job,
        CancellationToken cancellation
    )
        where TWorker : IDisposable
    {
        if (!isShared || jobs <= 1)
        {
            using var alone = hire();
            for (var number = 0; number < jobs; number++)
            {
                job(alone, number);
            }

            return;
        }

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
