using Tidemark.Core.Growth;
using Tidemark.Core.Series;

namespace Tidemark.Core.Tests.Growth;

/// <summary>A collecting runtime in its first minutes: the heap climbs from what is live to the size at which it is collected.</summary>
public class ReusableHeapTests
{
    private const double Mebibyte = 1 << 20;

    /// <summary>What is live, and what is stuck beside it, after so many of the 90 seconds; in MiB.</summary>
    private delegate (double Live, double Stuck) Course(double second);

    [Fact]
    public void Garbage_that_waits_for_its_collection_is_no_growth() => Judge(_ => (60, 0)).ShouldBe(GrowthKind.Steady);

    [Fact]
    public void A_cache_that_has_filled_up_warms_up_however_long_its_garbage_goes_on_to_climb() =>
        Judge(t => (60 + Math.Min(60, t * 3), 0)).ShouldBe(GrowthKind.WarmUp);

    [Fact]
    public void Room_that_stays_free_beside_live_objects_is_fragmentation() =>
        Judge(t => (60 + (0.02 * t), t)).ShouldBe(GrowthKind.Fragmentation);

    [Fact]
    public void The_few_live_objects_that_fragment_a_heap_are_not_called_its_leak() =>
        Judge(t => (60 + (0.1 * t), t)).ShouldBe(GrowthKind.Fragmentation);

    [Fact]
    public void Live_memory_that_grows_is_a_leak_all_the_same() =>
        Judge(t => (60 + (0.5 * t), 0)).ShouldBe(GrowthKind.Leak);

    private static GrowthKind Judge(Course course)
    {
        var random = new Random(1);
        var builder = new ProcessHistoryBuilder("young");
        var sample = new SignalSample();
        var (live, stuck) = course(0);
        var (taken, garbage, collections) = (live, 0.0, 1);
        for (var step = 0; step < 180; step++)
        {
            var second = step / 2.0;
            sample.Clear();
            garbage += 0.9 + (0.2 * random.NextDouble());
            if (garbage > live || step == 0)
            {
                // The collection finds what has become live meanwhile; the room that it frees stays with the heap.
                (live, stuck) = course(second);
                garbage = 0;
                collections++;
                sample[Signal.LiveHeap] = (live + (0.1 * random.NextDouble())) * Mebibyte;
            }
            else if (step % 10 == 0)
            {
                // One that was forced.
                (live, stuck) = course(second);
                garbage = 0;
                collections++;
                sample[Signal.LiveHeap] = (live + (0.1 * random.NextDouble())) * Mebibyte;
                taken -= 0.1 * (taken - live - stuck);
            }

            taken = Math.Max(taken, live + stuck + garbage);
            sample[Signal.Footprint] = (taken + 20 + (0.2 * random.NextDouble())) * Mebibyte;
            sample[Signal.CommittedHeap] = taken * Mebibyte;
            sample[Signal.GcCount] = collections;
            if (step % 3 != 1)
            {
                sample[Signal.ReusableHeap] = (taken - live - stuck) * Mebibyte;
            }

            builder.Add(1_000_000 + second, sample);
        }

        return GrowthAnalyzer.Analyze(builder.ToHistory()).Kind;
    }
}
