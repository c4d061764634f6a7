using Tidemark.Cli.Commands.Check;
using Tidemark.Core.Growth;
using Tidemark.Reports.Check;

namespace Tidemark.Cli.Tests.Check;

public sealed class WatchAlarmsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_alarm_is_raised_by_the_second_answer_and_over_twelve_hours_after_the_last()
    {
        var alarms = new WatchAlarms();
        alarms.Update(Answer("cart"), Start).ShouldBeEmpty();
        alarms.Standing.ShouldBeEmpty();

        alarms
            .Update(Answer("cart"), Start.AddMinutes(20))
            .ShouldBe(["alarm: cart {pod=\"0\"}: leak since 2026-01-31T12:00:00Z"]);
        alarms.Update(Answer(), Start.AddMinutes(40)).ShouldBeEmpty();
        alarms.Standing.ShouldBe(["alarm: cart {pod=\"0\"}: leak since 2026-01-31T12:00:00Z"]);

        alarms
            .Update(Answer(), Start.AddMinutes(20).AddHours(12))
            .ShouldBe(["over: cart {pod=\"0\"}: no leak in any answer for 12 h"]);
        alarms.Standing.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_not_shown_does_not_end_an_alarm()
    {
        var alarms = new WatchAlarms();
        alarms.Update(Answer("cart"), Start);
        alarms.Update(Answer("cart"), Start.AddHours(1));

        // Two leak, and one of them is shown.
        alarms.Update(Answer(leaking: 2, "shop"), Start.AddHours(14)).ShouldBeEmpty();

        alarms.Standing.ShouldHaveSingleItem().ShouldStartWith("alarm: cart ");
    }

    [Fact]
    public void After_a_day_of_history_answers_must_last_longer()
    {
        var alarms = new WatchAlarms();
        alarms.Update(Answer(1, TimeSpan.FromDays(1), "cart"), Start).ShouldBeEmpty();
        alarms.Update(Answer(1, TimeSpan.FromDays(1), "cart"), Start.AddMinutes(30)).ShouldBeEmpty();

        alarms.Update(Answer(1, TimeSpan.FromDays(1), "cart"), Start.AddMinutes(50)).ShouldHaveSingleItem();
    }

    [Fact]
    public void One_answer_raises_nothing()
    {
        var alarms = new WatchAlarms();
        for (var hour = 0; hour < 10; hour += 2)
        {
            alarms.Update(Answer("cart"), Start.AddHours(hour)).ShouldBeEmpty();
            alarms.Update(Answer(), Start.AddHours(hour + 1)).ShouldBeEmpty();
        }

        alarms.Standing.ShouldBeEmpty();
    }

    private static CheckAnswer Answer(params string[] leaking) => Answer(leaking.Length, leaking);

    private static CheckAnswer Answer(int leaking, params string[] shown) => Answer(leaking, TimeSpan.Zero, shown);

    private static CheckAnswer Answer(int leaking, TimeSpan seen, params string[] shown) =>
        new(
            [
                .. shown.Select(name => new CheckedSeries(
                    name,
                    new Dictionary<string, string> { ["pod"] = "0" },
                    Start - seen,
                    Start,
                    1 + (int)seen.TotalMinutes,
                    [],
                    new GrowthVerdict(GrowthKind.Leak, GrowthShape.Linear, 0.9, null, null, [])
                )),
            ],
            new Dictionary<GrowthKind, int> { [GrowthKind.Leak] = leaking, [GrowthKind.Steady] = 5 },
            [],
            IsPartial: false
        );
}
