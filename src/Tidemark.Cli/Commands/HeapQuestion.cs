using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Reports.Heaps;
using Tidemark.Reports.Json;
using Tidemark.Runtimes;

namespace Tidemark.Cli.Commands;

/// <summary>What the commands that ask a heap graph have in common: options, the runtime's knowledge, printing.</summary>
internal sealed class HeapQuestion
{
    private const int DominatorsInJson = 100;

    private readonly Option<int> top = new("--top")
    {
        Description = "rows of a table, suspects, ways",
        DefaultValueFactory = _ => 25,
    };

    /// <summary>Adds the options.</summary>
    public Command AddTo(Command command)
    {
        command.Options.Add(top);
        return command;
    }

    /// <summary>Rows that are wanted.</summary>
    public int Top(ParseResult parsed) => Math.Max(1, parsed.GetValue(top));

    /// <summary>Reads a capture that has to be a heap graph.</summary>
    /// <exception cref="CommandFailedException">It is a profile.</exception>
    public static HeapSnapshot Read(string path, Output output, CancellationToken cancellation) =>
        Capture.Read(path, output, cancellation) as HeapSnapshot
        ?? throw new CommandFailedException($"{path}: a profile, not a heap graph: see tidemark top and tidemark list");

    public static RuntimeKnowledge Knowledge(Snapshot snapshot) =>
        KnownRuntimes.All.FirstOrDefault(r => r.Name == snapshot.Runtime)?.Knowledge ?? new RuntimeKnowledge();

    /// <summary>The suspects of one snapshot.</summary>
    public static IReadOnlyList<Suspect> Suspects(HeapSnapshot snapshot, int most, CancellationToken cancellation)
    {
        // What is known of the runtimes is part of the question: another build may answer otherwise.
        var question = $"suspects {most} {typeof(KnownRuntimes).Module.ModuleVersionId}";
        if (snapshot.Answers?.Recall(question) is { } recalled)
        {
            return JsonSerializer.Deserialize(recalled, AnswerJson.Default.IReadOnlyListSuspect) ?? [];
        }

        var found = HeapSuspects.Find(
            snapshot.Graph,
            Knowledge(snapshot),
            new HeapSuspectOptions { Most = most },
            cancellation
        );
        snapshot.Answers?.Remember(question, JsonSerializer.Serialize(found, AnswerJson.Default.IReadOnlyListSuspect));
        return found;
    }

    /// <summary>The upper part of the dominator tree.</summary>
    public static IReadOnlyList<DominatorBranch> Dominators(
        HeapSnapshot snapshot,
        int most,
        int depth,
        Output output
    ) =>
        output.Format == OutputFormat.Json
            ? DominatorBranch.Top(snapshot.Graph, Math.Max(most, DominatorsInJson), depth)
            : DominatorBranch.Top(snapshot.Graph, most, depth, minimumShare: 0.0005);

    public static void Print(HeapAnswer answer, int most, Output output)
    {
        if (output.Format == OutputFormat.Json)
        {
            output.Lines.WriteLine(ReportJson.Write(HeapDocument.Of(answer)));
        }
        else
        {
            HeapText.Write(output.Answer, answer, most);
        }
    }
}

/// <summary>The suspects as an index keeps them.</summary>
[JsonSerializable(typeof(IReadOnlyList<Suspect>))]
internal sealed partial class AnswerJson : JsonSerializerContext;
