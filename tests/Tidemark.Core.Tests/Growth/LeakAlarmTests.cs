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
    [InlineData("LL.......................", "-!-----------------------")]
    [InlineData("LL........................", "-!-----------------------!")]
    [InlineData(
        "LL.......................L........................",
        "-!-----------------------------------------------!"
    )]
    [InlineData("LL........................L.LL", "-!-----------------------!---!")]
    public void It_takes_two_in_a_row_to_raise_it_and_six_hours_without_to_end_it(string answers, string changes)
    {
        var alarm = new LeakAlarm();

        var seen = string.Concat(
            answers.Select((a, i) => alarm.Update(a == 'L', Start.AddMinutes(15 * i)) ? '!' : '-')
        );

        seen.ShouldBe(changes);
    }

    [Fact]
    public void Answers_in_quick_succession_do_not_confirm_each_other()
    {
        var alarm = new LeakAlarm();

        var raised = Enumerable.Range(0, 20).First(minute => alarm.Update(true, Start.AddMinutes(minute)));

        raised.ShouldBe(15);
    }

    [Fact]
    public void It_tells_since_when()
    {
        var alarm = new LeakAlarm();
        alarm.Update(true, Start);
        alarm.Update(false, Start.AddMinutes(15));
        alarm.Update(true, Start.AddMinutes(30));
        alarm.Update(true, Start.AddMinutes(45));

        alarm.IsRaised.ShouldBeTrue();
        alarm.Since.ShouldBe(Start.AddMinutes(30));
    }
}
