using System.CommandLine;
using Tidemark.Reports.Heaps;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark suspects FILE</c>: the places where objects pile up, and what holds them.</summary>
public static class SuspectsCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "a heap capture of any known format" };
        var question = new HeapQuestion();
        var command = question.AddTo(
            Output.WithCaptures(
                new Command("suspects", "The places where objects pile up, and what holds them.") { file }
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
                    Suspects = HeapQuestion.Suspects(snapshot, most, cancellation),
                };
                HeapQuestion.Print(answer, most, output);
                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }
}
