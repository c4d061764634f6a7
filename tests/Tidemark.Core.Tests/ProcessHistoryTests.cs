using Tidemark.Core.Series;

namespace Tidemark.Core.Tests;

public class ProcessHistoryTests
{
    [Fact]
    public void A_signal_that_appears_late_is_missing_before()
    {
        var builder = new ProcessHistoryBuilder("checkout");
        var sample = new SignalSample { [Signal.Footprint] = 1 };
        builder.Add(10, sample).ShouldBeTrue();
        sample[Signal.LiveHeap] = 2;
        builder.Add(11, sample).ShouldBeTrue();

        var history = builder.ToHistory();

        history.Values(Signal.Footprint).ToArray().ShouldBe([1, 1]);
        history.Values(Signal.LiveHeap).ToArray().ShouldBe([double.NaN, 2]);
        history.Has(Signal.Requests).ShouldBeFalse();
        history.Values(Signal.Requests).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_clock_that_stands_or_goes_back_adds_nothing()
    {
        var builder = new ProcessHistoryBuilder("checkout");
        var sample = new SignalSample { [Signal.Footprint] = 1 };
        builder.Add(10, sample).ShouldBeTrue();
        builder.Add(10, sample).ShouldBeFalse();
        builder.Add(9, sample).ShouldBeFalse();
        builder.Add(double.NaN, sample).ShouldBeFalse();

        builder.ToHistory().Times.ToArray().ShouldBe([10]);
    }

    [Fact]
    public void Lives_are_cut_at_restarts()
    {
        var builder = new ProcessHistoryBuilder("checkout");
        var sample = new SignalSample { [Signal.Footprint] = 1 };
        builder.Add(1, sample);
        builder.Add(2, sample);
        builder.Restarted();
        builder.Add(3, sample);

        var history = builder.ToHistory();

        history.LifeCount.ShouldBe(2);
        history.Life(0).ShouldBe(0..2);
        history.Life(1).ShouldBe(2..3);
    }
}
