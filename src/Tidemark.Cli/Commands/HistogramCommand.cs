using System.CommandLine;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Reports.Heaps;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark histogram FILE</c>: objects by type, with what each type retains.</summary>
public static class HistogramCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "a heap capture of any known format" };
        var duplicates = new Option<bool>("--duplicates") { Description = "equal texts and arrays instead of types" };
        var collections = new Option<bool>("--collections")
        {
            Description = "the biggest collections and how well they are filled instead of types",
        };
        var question = new HeapQuestion();
        var command = question.AddTo(
            Output.WithCaptures(
                new Command("histogram", "Objects by type, with what each type retains.")
                {
                    file,
                    duplicates,
                    collections,
                }
            )
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var most = question.Top(parsed);
                var snapshot = HeapQuestion.Read(parsed.GetRequiredValue(file), output, cancellation);
                var answer = new HeapAnswer(snapshot)
                {
                    Duplicates = parsed.GetValue(duplicates)
                        ? DuplicateContents.Of(snapshot.Graph, most, cancellation)
                            ?? throw new CommandFailedException($"{snapshot.Format} captures do not keep contents")
                        : null,
                    Collections = parsed.GetValue(collections)
                        ? CollectionCensus.Of(snapshot.Graph, HeapQuestion.Knowledge(snapshot), most, cancellation)
                        : null,
                };
                if (answer.Duplicates is { } found)
                {
                    answer = answer with
                    {
                        ContentHolders = ContentHolders.Of(
                            snapshot.Graph,
                            found,
                            HeapQuestion.Knowledge(snapshot),
                            cancellation
                        ),
                    };
                }

                if (answer.Collections is { } counted)
                {
                    answer = answer with
                    {
                        CollectionHolders = ContentHolders.Of(
                            snapshot.Graph,
                            [.. counted.Biggest.Select(c => c.Node)],
                            HeapQuestion.Knowledge(snapshot)
                        ),
                    };
                }

                if (answer is { Duplicates: null, Collections: null })
                {
                    answer = answer with { Histogram = TypeHistogram.Of(snapshot.Graph) };
                }

                HeapQuestion.Print(answer, most, output);
                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }
}
