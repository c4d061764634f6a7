using System.CommandLine;
using System.Globalization;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Reports.Heaps;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark paths FILE OBJECT-OR-TYPE</c>: what holds an object, or all objects of a type.</summary>
public static class PathsCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "a heap capture of any known format" };
        var what = new Argument<string>("OBJECT-OR-TYPE")
        {
            Description = "an address or identity (0x7f3c2a10, 4711), or a type's name, whole or its end",
        };
        var question = new HeapQuestion();
        var command = question.AddTo(
            Output.WithCaptures(
                new Command("paths", "The shortest ways from the GC roots to objects, merged.") { file, what }
            )
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var snapshot = HeapQuestion.Read(parsed.GetRequiredValue(file), output, cancellation);
                var nodes = Find(snapshot.Graph, parsed.GetRequiredValue(what));
                var answer = new HeapAnswer(snapshot)
                {
                    Paths = MergedRootPath.Of(snapshot.Graph, nodes, HeapQuestion.Knowledge(snapshot), cancellation),
                };
                HeapQuestion.Print(answer, question.Top(parsed), output);
                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }

    private static List<int> Find(HeapGraph graph, string what)
    {
        if (Identity(what) is { } id)
        {
            return graph.Find(id) is >= 0 and var node
                ? [node]
                : throw new CommandFailedException($"there is no object {what} in this capture");
        }

        var nodes = OfType(graph, type => type == what);
        if (nodes.Count == 0)
        {
            nodes = OfType(graph, type => type.EndsWith("." + what, StringComparison.OrdinalIgnoreCase));
        }

        return nodes.Count > 0
            ? nodes
            : throw new CommandFailedException(
                $"there is no type {what} in this capture (tidemark histogram lists them), and it is no address either"
            );
    }

    private static ulong? Identity(string what) =>
        what.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(what.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var address)
                ? address
                : null
            : ulong.TryParse(what.TrimStart('@'), CultureInfo.InvariantCulture, out var id)
                ? id
                : null;

    private static List<int> OfType(HeapGraph graph, Func<string, bool> isWanted)
    {
        var wanted = new bool[graph.TypeCount];
        for (var type = 0; type < wanted.Length; type++)
        {
            wanted[type] = isWanted(graph.TypeName(type));
        }

        var nodes = new List<int>();
        for (var node = 0; node < graph.NodeCount; node++)
        {
            if (wanted[graph.TypeOf(node)] && graph.Dominators.IsReachable(node))
            {
                nodes.Add(node);
            }
        }

        return nodes;
    }
}
