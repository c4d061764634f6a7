using System.Globalization;
using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Cases;

namespace Tidemark.Diagnosis.Checklist;

/// <summary>The eight questions that an engineer asks of a growing service, in the order that costs the service least.</summary>
public static class EightSteps
{
    public static IReadOnlyList<ChecklistAnswer> Answer(
        ProcessHistory history,
        GrowthVerdict verdict,
        IReadOnlyList<Suspect> suspects,
        CaseFile file
    )
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(verdict);
        ArgumentNullException.ThrowIfNull(suspects);
        ArgumentNullException.ThrowIfNull(file);
        return
        [
            Shape(verdict),
            GcPressure(history, verdict),
            RequestRate(history, verdict),
            Baseline(file),
            Second(file, suspects),
            HighCounts(file, suspects),
            Site(suspects),
            AfterTheFix(history, verdict, file),
        ];
    }

    private static ChecklistAnswer Shape(GrowthVerdict verdict)
    {
        const string question = "Does memory grow, and in which shape?";
        var sentence = verdict.Evidence.Count > 0 ? verdict.Evidence[0].Finding : "no evidence";
        return verdict.Kind switch
        {
            GrowthKind.Inconclusive => new(1, question, Finding.Unknown, sentence),
            GrowthKind.Steady => new(1, question, Finding.RuledOut, sentence),
            _ => new(1, question, Finding.Confirmed, $"{Lower(verdict.Shape)}: {sentence}"),
        };
    }

    private static ChecklistAnswer GcPressure(ProcessHistory history, GrowthVerdict verdict)
    {
        const string question = "Does the garbage collector work harder and harder?";
        if (!history.Has(Signal.GcCount) && !history.Has(Signal.GcPause))
        {
            return new(2, question, Finding.Unknown, "this process reports no collections");
        }

        var said = verdict.Evidence.Where(e => e.Signal is "gc-pause" or "gc-count").Select(e => e.Finding).ToList();
        var pressure = GcPressureTrend.Of(history);
        if (pressure is not { } p)
        {
            return new(
                2,
                question,
                Finding.Unknown,
                said.Count > 0 ? said[0] : "too few collections were seen to compare the beginning with the end"
            );
        }

        var sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"from {p.CollectionsPerMinuteBefore:0.#} to {p.CollectionsPerMinuteAfter:0.#} collections a minute and from {p.PauseShareBefore:0.##%} to {p.PauseShareAfter:0.##%} of the time in pauses, first half against second half of the watch"
        );
        return new(
            2,
            question,
            p.Rises ? Finding.Confirmed : Finding.RuledOut,
            string.Join("; ", said.Prepend(sentence))
        );
    }

    private static ChecklistAnswer RequestRate(ProcessHistory history, GrowthVerdict verdict)
    {
        const string question = "Does the growth follow the request rate?";
        var said = verdict.Evidence.FirstOrDefault(e => e.Signal == Signal.Requests.Describe().Name)?.Finding;
        return verdict.Kind switch
        {
            GrowthKind.Load => new(3, question, Finding.Confirmed, said ?? "growth is explained by the work"),
            _ when !history.Has(Signal.Requests) => new(
                3,
                question,
                Finding.Unknown,
                "the process reports no requests: compare the growth with its traffic where that is measured"
            ),
            GrowthKind.Inconclusive => new(3, question, Finding.Unknown, said ?? "the history is too short to tell"),
            GrowthKind.Steady => new(3, question, Finding.RuledOut, said ?? "nothing grows"),
            _ => new(3, question, Finding.RuledOut, said ?? "the growth goes on where the request rate does not rise"),
        };
    }

    private static ChecklistAnswer Baseline(CaseFile file)
    {
        const string question = "Is there a baseline profile?";
        return file.Captures.Count == 0
            ? new(4, question, Finding.Unknown, WhyNoCapture(file))
            : new(4, question, Finding.Confirmed, Describe(file.Captures[0]));
    }

    private static ChecklistAnswer Second(CaseFile file, IReadOnlyList<Suspect> suspects)
    {
        const string question = "Does a second profile show what grew?";
        var pairs = file.Captures.GroupBy(c => c.Method).Where(g => g.Count() > 1).ToList();
        if (pairs.Count == 0)
        {
            return new(
                5,
                question,
                Finding.Unknown,
                file.Captures.Count == 0 ? "no capture was taken" : "there is only one"
            );
        }

        var last = pairs[^1].Last();
        return suspects.FirstOrDefault(s => s.GrowthBytes > 0 || s.GrowthCount > 0) is { } first
            ? new(
                5,
                question,
                Finding.Confirmed,
                $"{Describe(last)}; most of the growth is {first.Subject} ({Quantity.Bytes(first.GrowthBytes)}, {first.Share:0%})"
            )
            : new(5, question, Finding.RuledOut, $"{Describe(last)}; nothing grew between the captures");
    }

    private static ChecklistAnswer HighCounts(CaseFile file, IReadOnlyList<Suspect> suspects)
    {
        const string question = "Are there unexpectedly many objects of one kind, or does their count grow?";
        if (file.Captures.Count == 0)
        {
            return new(6, question, Finding.Unknown, "no capture was taken");
        }

        return suspects.Where(s => s.GrowthCount > 0).MaxBy(s => s.GrowthCount) is { } most
            ? new(
                6,
                question,
                Finding.Confirmed,
                string.Create(CultureInfo.InvariantCulture, $"{most.Subject}: {most.GrowthCount:N0} more objects")
            )
            : new(6, question, Finding.RuledOut, "no count grew between the captures");
    }

    private static ChecklistAnswer Site(IReadOnlyList<Suspect> suspects)
    {
        const string question = "Is it known where it is allocated, or what holds it?";
        if (suspects.Count == 0)
        {
            return new(7, question, Finding.Unknown, "there is no suspect");
        }

        var first = suspects[0];
        var site = first.Site is { } s ? $"allocated by {s.Function}" : null;
        var holder = first.RootPath is { Count: > 0 } path ? $"held by {string.Join(" -> ", path)}" : null;
        return site is null && holder is null
            ? new(7, question, Finding.Unknown, first.Advice)
            : new(7, question, Finding.Confirmed, string.Join("; ", new[] { site, holder }.OfType<string>()));
    }

    private static ChecklistAnswer AfterTheFix(ProcessHistory history, GrowthVerdict verdict, CaseFile file)
    {
        const string question = "What is to be watched for 24 hours after the fix?";
        if (!verdict.IsLeaking)
        {
            return file.Children is null
                ? new(8, question, Finding.RuledOut, "there is nothing to fix")
                : new(8, question, Finding.Unknown, "there is nothing to fix in this process, but in its children");
        }

        var signal =
            verdict.Kind is not (GrowthKind.Leak or GrowthKind.UnboundedCache) || !history.Has(Signal.LiveHeap)
                ? "the footprint"
            : history.Has(Signal.GcCount) || history.Has(Signal.GcPause) ? "the live heap after collection"
            : "the live heap";
        var rate = verdict.BytesPerHour is { } r
            ? $"; it must stay well below the {Quantity.Bytes((long)r.Low)} an hour of now"
            : "";
        return new(8, question, Finding.Unknown, $"watch {signal} at the same load{rate}");
    }

    private static string Describe(CaseCapture capture)
    {
        var pause = capture.PauseMilliseconds is { } p
            ? string.Create(CultureInfo.InvariantCulture, $", the target stood still for {p:0.#} ms")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{capture.File} ({capture.Format}, {Quantity.Bytes(capture.Bytes)}{pause})"
        );
    }

    /// <summary>A capture that was refused or failed is noted as "no CAPTURE: REASON".</summary>
    private static string WhyNoCapture(CaseFile file)
    {
        var reasons = file.Notes.Where(n => n.StartsWith("no ", StringComparison.Ordinal)).ToList();
        return reasons.Count > 0 ? $"no capture was taken: {string.Join("; ", reasons)}" : "no capture was taken";
    }

    private static string Lower(GrowthShape shape) => shape.ToString().ToLowerInvariant();
}
