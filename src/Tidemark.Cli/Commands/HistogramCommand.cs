using System.CommandLine;
using Tidemark.Core.Heap;
using Tidemark.Reports.Heaps;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark histogram FILE</c>: objects by type, with what each type retains.</summary>
public static class HistogramCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "a heap capture of any known format" };
        var question = new HeapQuestion();
        var command = question.AddTo(
            Output.WithCaptures(new Command("histogram", "Objects by type, with what each type retains.") { file })
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var most = question.Top(parsed);
                var snapshot = HeapQuestion.Read(parsed.GetRequiredValue(file), output, cancellation);
                var answer = new HeapAnswer(snapshot) { Histogram = TypeHistogram.Of(snapshot.Graph) };
                HeapQuestion.Print(answer, most, output);
                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }
}
