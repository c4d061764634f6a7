using Tidemark.Core.Growth;

namespace Tidemark.Core.Tests.Growth;

public sealed class LeakAlarmTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    // One answer every quarter of an hour: L says leaking, a dot says healthy; ! is expected where the alarm is raised or over.
    [Theory]
    [InlineData("L.L.L.L.", "--------")]
    [InlineData("..LL", "---!")]
    [InlineData("LL.L...L", "-!------")]
    public void It_takes_two_in_a_row_to_raise_it(string answers, string changes)
    {
        var alarm = new LeakAlarm();

        var seen = string.Concat(
            answers.Select((a, i) => alarm.Update(a == 'L', Start.AddMinutes(15 * i), TimeSpan.Zero) ? '!' : '-')
        );

        seen.ShouldBe(changes);
    }

    [Fact]
    public void It_takes_twelve_hours_without_one_to_end_it()
    {
        var alarm = new LeakAlarm();
        alarm.Update(true, Start, TimeSpan.Zero);
        alarm.Update(true, Start.AddMinutes(15), TimeSpan.Zero).ShouldBeTrue();

        alarm.Update(false, Start.AddHours(12), TimeSpan.Zero).ShouldBeFalse();
        alarm.Update(true, Start.AddHours(12.1), TimeSpan.Zero).ShouldBeFalse();
        alarm.Update(false, Start.AddHours(24), TimeSpan.Zero).ShouldBeFalse();
        alarm.Update(false, Start.AddHours(24.1), TimeSpan.Zero).ShouldBeTrue();

        alarm.IsRaised.ShouldBeFalse();
        alarm.IsOpen.ShouldBeFalse();
    }

    [Theory]
    [InlineData(1, 15)]
    [InlineData(8, 15)]
    [InlineData(24, 44)]
    [InlineData(24 * 7, 60)]
    public void The_longer_a_process_was_seen_the_longer_answers_must_last(int hoursSeen, int minutes)
    {
        var alarm = new LeakAlarm();

        var raised = Enumerable
            .Range(0, 100)
            .First(minute => alarm.Update(true, Start.AddMinutes(minute), TimeSpan.FromHours(hoursSeen)));

        raised.ShouldBe(minutes);
    }

    [Theory]
    [InlineData(1, 15)]
    [InlineData(5, 60)]
    [InlineData(10, 120)]
    [InlineData(30, 120)]
    public void Answers_must_last_until_there_are_new_samples(int minutesApart, int minutes)
    {
        var alarm = new LeakAlarm();
        var seen = TimeSpan.FromHours(6);
        var samples = (360 / minutesApart) + 1;

        var raised = Enumerable
            .Range(0, 200)
            .First(minute => alarm.Update(true, Start.AddMinutes(minute), seen, samples));

        raised.ShouldBe(minutes);
    }

    [Fact]
    public void Answers_in_quick_succession_do_not_confirm_each_other()
    {
        var alarm = new LeakAlarm();

        var raised = Enumerable
            .Range(0, 20)
            .First(minute => alarm.Update(true, Start.AddMinutes(minute), TimeSpan.Zero));

        raised.ShouldBe(15);
    }

    [Fact]
    public void It_tells_since_when()
    {
        var alarm = new LeakAlarm();
        alarm.Update(true, Start, TimeSpan.Zero);
        alarm.Update(false, Start.AddMinutes(15), TimeSpan.Zero);
        alarm.Update(true, Start.AddMinutes(30), TimeSpan.Zero);
        alarm.Update(true, Start.AddMinutes(45), TimeSpan.Zero);

        alarm.IsRaised.ShouldBeTrue();
        alarm.Since.ShouldBe(Start.AddMinutes(30));
    }

    [Fact]
    public void Answers_must_last_as_long_as_patience_asks()
    {
        var alarm = new LeakAlarm();

        var raised = Enumerable
            .Range(0, 200)
            .First(i =>
                alarm.Update(true, Start.AddMinutes(15 * i), TimeSpan.FromHours(30), patience: TimeSpan.FromHours(5))
            );

        raised.ShouldBe(5 * 4);
    }

    [Theory]
    [InlineData(0.06, null, true)]
    [InlineData(0.08, null, false)]
    [InlineData(0.06, 100.0, true)]
    [InlineData(0.06, 50.0, false)]
    public void Slow_growth_leaves_time_unless_the_end_is_near(double shareADay, double? hoursLeft, bool leavesTime)
    {
        var rate = shareADay * 1e9 / 24;
        var end = hoursLeft is { } hours ? Start.AddHours(hours) : (DateTimeOffset?)null;
        var verdict = new GrowthVerdict(
            GrowthKind.Leak,
            GrowthShape.Linear,
            0.9,
            new Estimate(rate, rate, rate),
            end is { } at ? new OutOfMemoryForecast(2_000_000_000, at, at, at) : null,
            []
        );

        LeakAlarm.Patience(verdict, 1e9, Start).ShouldBe(leavesTime ? TimeSpan.FromHours(24) : TimeSpan.Zero);
    }

    [Fact]
    public void What_is_held_and_does_not_grow_leaves_time()
    {
        var verdict = new GrowthVerdict(GrowthKind.Fragmentation, GrowthShape.Step, 0.9, null, null, []);

        LeakAlarm.Patience(verdict, 1e9, Start).ShouldBe(TimeSpan.FromHours(24));
    }

    [Theory]
    [InlineData(null, 12)]
    [InlineData(60.0, 12)]
    [InlineData(20.0, 5)]
    [InlineData(-1.0, 0)]
    public void What_may_pass_is_given_half_a_day_unless_too_little_is_left(double? hoursLeft, double hours)
    {
        var end = hoursLeft is { } left ? Start.AddHours(left) : (DateTimeOffset?)null;
        var verdict = new GrowthVerdict(
            GrowthKind.Leak,
            GrowthShape.Logarithmic,
            0.9,
            new Estimate(1e8, 1e8, 1e8),
            end is { } at ? new OutOfMemoryForecast(2_000_000_000, at, at, at) : null,
            []
        )
        {
            MayPass = true,
        };

        LeakAlarm.Patience(verdict, 1e9, Start).ShouldBe(TimeSpan.FromHours(hours));
    }
}
