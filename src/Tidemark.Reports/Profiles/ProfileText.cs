using System.Text.RegularExpressions;
using Tidemark.Core;
using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;

namespace Tidemark.Reports.Profiles;

/// <summary>The classic reports of a profile as text, with the columns and figures of <c>go tool pprof</c>.</summary>
public static class ProfileText
{
    private const int MostSuspects = 3;
    private const int MostFrames = 8;
    private const string Separator = "----------------------------------------------------------+-------------";

    /// <summary>The functions that hold the most themselves (flat) or with what they call (cum).</summary>
    public static void WriteTop(TextWriter output, ProfileQuestion question, GraphTrim trim)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(question);
        var graph = question.Graph(trim);
        var figures = new Figures(question, graph);
        WriteHead(output, question, graph, figures);
        output.WriteLine($"{"flat", 10} {"flat", 5}% {"sum", 5}% {"cum", 10} {"cum", 5}%");
        var flatSum = 0L;
        foreach (var node in graph.Nodes)
        {
            flatSum += node.Flat;
            var inlined = node.Callers.Any(c => c.IsInlined)
                ? node.Callers.All(c => c.IsInlined)
                    ? " (inline)"
                    : " (partial-inline)"
                : "";
            output.WriteLine($"{figures.FlatAndCum(node, flatSum)}  {node.Name.Text}{inlined}");
        }
    }

    /// <summary>Every function between its callers (above) and what it calls (below).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="question">The column.</param>
    /// <param name="trim">What is left out.</param>
    /// <param name="filter">Only functions whose name matches; null for all.</param>
    /// <returns>How many functions were written.</returns>
    public static int WriteTree(TextWriter output, ProfileQuestion question, GraphTrim trim, Regex? filter = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(question);
        var graph = question.Graph(trim);
        var figures = new Figures(question, graph);
        WriteHead(output, question, graph, figures);
        output.WriteLine(Separator);
        output.WriteLine("      flat  flat%   sum%        cum   cum%   calls calls% + context");
        var flatSum = 0L;
        var written = 0;
        foreach (var node in graph.Nodes)
        {
            if (filter?.IsMatch(node.Name.Text) == false)
            {
                continue;
            }

            written++;
            flatSum += node.Flat;
            output.WriteLine(Separator);
            foreach (var call in node.Callers)
            {
                output.WriteLine(figures.Call(call, node, call.From));
            }

            output.WriteLine($"{figures.FlatAndCum(node, flatSum)}                | {node.Name.Text}");
            foreach (var call in node.Callees)
            {
                output.WriteLine(figures.Call(call, node, call.To));
            }
        }

        if (graph.Nodes.Count > 0)
        {
            output.WriteLine(Separator);
        }

        return written;
    }

    /// <summary>The source of functions with the figures of each line.</summary>
    public static void WriteListing(
        TextWriter output,
        ProfileQuestion question,
        IReadOnlyList<FunctionListing> functions,
        SourceTree sources
    )
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentNullException.ThrowIfNull(sources);
        var total = question.Total ?? CallGraph.TotalOf(question.Profile.Values(question.SampleType));
        output.WriteLine($"Total: {Value(total)}");
        foreach (var function in functions)
        {
            if (function.File.Length == 0)
            {
                output.WriteLine($"No source information for {function.Function}");
                continue;
            }

            output.WriteLine($"ROUTINE ======================== {function.Function} in {function.File}");
            output.WriteLine(
                $"{Value(function.Flat), 10} {Value(function.Cum), 10} (flat, cum) "
                    + $"{Measurement.Percentage(function.Cum, total)} of Total"
            );
            WriteLines(function, sources.Lines(function.File));
        }

        string Value(long value) => Measurement.Label(value, question.Unit, reportUnit: null);

        string ValueOrDot(long value) => value == 0 ? "." : Value(value);

        void WriteLines(FunctionListing function, IReadOnlyList<string>? source)
        {
            var values = function.Lines.ToDictionary(l => l.Line);
            var shown = source is null
                ? values.Keys
                : Enumerable.Range(
                    function.FirstLine,
                    Math.Max(0, Math.Min(function.LastLine, source.Count) - function.FirstLine + 1)
                );
            foreach (var line in shown)
            {
                var (_, flat, cum) = values.GetValueOrDefault(line);
                var text = source?[line - 1] ?? "(source not found: name its directory with --source)";
                output.WriteLine($"{ValueOrDot(flat), 10} {ValueOrDot(cum), 10} {line, 6}:{text}");
            }
        }
    }

    /// <summary>Who is to blame, worst first: subject, site with its callers, evidence, advice.</summary>
    public static void WriteSuspects(
        TextWriter output,
        IReadOnlyList<Suspect> suspects,
        int most = MostSuspects,
        string whole = "the growth"
    )
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(suspects);
        foreach (var (number, suspect) in suspects.Take(most).Index())
        {
            output.WriteLine();
            output.WriteLine(
                $"{number + 1}. {suspect.Subject}: {Quantity.SignedBytes(suspect.GrowthBytes)}, {Quantity.Percent(suspect.Share)} of {whole}"
            );
            foreach (var site in (suspect.Stack ?? []).Take(MostFrames))
            {
                output.WriteLine($"     {site.Function} {site.File}:{site.Line}");
            }

            foreach (var sentence in suspect.Evidence)
            {
                output.WriteLine($"   {sentence}");
            }

            output.WriteLine($"   {suspect.Advice}");
        }
    }

    private static void WriteHead(TextWriter output, ProfileQuestion question, CallGraph graph, Figures figures)
    {
        if (question.Profile.Modules is [{ File.Length: > 0 } program, ..])
        {
            output.WriteLine($"File: {program.File[(program.File.LastIndexOf('/') + 1)..]}");
        }

        output.WriteLine($"Type: {question.TypeName}");
        if (question.Profile.Header.TakenAt is { } at)
        {
            output.WriteLine($"Time: {at:yyyy-MM-dd HH:mm:ss} UTC");
        }

        output.WriteLine(
            $"Showing nodes accounting for {figures.Value(graph.FlatShown)}, "
                + $"{figures.Percentage(graph.FlatShown).TrimStart()} of {figures.Value(graph.Total)} total"
        );
        if (graph.Total == 0)
        {
            return;
        }

        if (graph.DroppedNodes > 0)
        {
            var cutoff = (long)(graph.Total * graph.Trim.NodeFraction);
            output.WriteLine(
                $"Dropped {graph.DroppedNodes} node{(graph.DroppedNodes > 1 ? "s" : "")} (cum <= {figures.Value(cutoff)})"
            );
        }

        if (graph.Nodes.Count > 0 && graph.Nodes.Count < graph.NodesBeforeCut)
        {
            output.WriteLine($"Showing top {graph.Nodes.Count} nodes out of {graph.NodesBeforeCut}");
        }
    }

    /// <summary>The figures of one report, all in one unit.</summary>
    private sealed class Figures(ProfileQuestion question, CallGraph graph)
    {
        private readonly string unit = Measurement.UnitFor(
            graph.Nodes.Select(n => n.Flat != 0 ? n.Flat : n.Cum),
            graph.Total,
            question.Unit
        );

        public string Value(long value) => Measurement.Label(value, question.Unit, unit);

        public string Percentage(long value) => Measurement.Percentage(value, graph.Total);

        public string FlatAndCum(CallNode node, long flatSum) =>
            $"{Value(node.Flat), 10} {Percentage(node.Flat)} {Percentage(flatSum)} {Value(node.Cum), 10} {Percentage(node.Cum)}";

        public string Call(CallEdge call, CallNode node, CallNode other) =>
            $"{Value(call.Weight), 50} {Measurement.Percentage(call.Weight, node.Cum)} |   "
            + $"{other.Name.Text}{(call.IsInlined ? " (inline)" : "")}";
    }
}
