using System.CommandLine;
using Tidemark.Core.Heap;
using Tidemark.Reports.Heaps;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark dominators FILE</c>: the objects that hold the most.</summary>
public static class DominatorsCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "a heap capture of any known format" };
        var depth = new Option<int>("--depth")
        {
            Description = "levels of the dominator tree",
            DefaultValueFactory = _ => 2,
        };
        var byType = new Option<bool>("--by-type")
        {
            Description = "objects of one type below the same taken together",
        };
        var question = new HeapQuestion();
        var command = question.AddTo(
            Output.WithCaptures(new Command("dominators", "The objects that hold the most.") { file, depth, byType })
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var most = question.Top(parsed);
                var snapshot = HeapQuestion.Read(parsed.GetRequiredValue(file), output, cancellation);
                var levels = Math.Max(1, parsed.GetValue(depth));
                var answer = parsed.GetValue(byType)
                    ? new HeapAnswer(snapshot)
                    {
                        DominatorGroups = DominatorGroup.Top(snapshot.Graph, most, levels, cancellation),
                    }
                    : new HeapAnswer(snapshot) { Dominators = HeapQuestion.Dominators(snapshot, most, levels, output) };
                HeapQuestion.Print(answer, most, output);
                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }
}
