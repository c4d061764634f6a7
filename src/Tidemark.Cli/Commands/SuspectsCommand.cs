using System.CommandLine;
using Tidemark.Formats;
using Tidemark.Reports.Heaps;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark suspects FILE</c>: the places where objects pile up, and what holds or allocates them.</summary>
public static class SuspectsCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "a capture of any known format" };
        var question = new HeapQuestion();
        var command = question.AddTo(
            Output.WithCaptures(
                new Command("suspects", "The places where objects pile up, and what holds or allocates them.") { file }
            )
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var most = question.Top(parsed);
                switch (Capture.Read(parsed.GetRequiredValue(file), output, cancellation))
                {
                    case HeapSnapshot heap:
                        var answer = new HeapAnswer(heap)
                        {
                            Suspects = HeapQuestion.Suspects(heap, most, cancellation),
                        };
                        HeapQuestion.Print(answer, most, output);
                        break;
                    case ProfileSnapshot profile:
                        ProfileTop.PrintSuspects(profile, most, output);
                        break;
                    case var snapshot:
                        throw new CommandFailedException(
                            $"{snapshot.Format}: there are no suspects in that kind of capture"
                        );
                }

                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }
}
