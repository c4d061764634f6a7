using System.CommandLine;
using Tidemark.Formats.Pprof;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark convert IN -o OUT.pb.gz</c>: any allocation profile as one that <c>go tool pprof</c> opens.</summary>
public static class ConvertCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("IN") { Description = "an allocation profile of any known format" };
        var target = new Option<string>("--output", "-o") { Description = "the file to write", Required = true };
        var command = Output.With(
            new Command("convert", "Any allocation profile as a pprof file, for other tools to go on from.")
            {
                file,
                target,
            }
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var snapshot = Capture.ReadProfile(parsed.GetRequiredValue(file), output, cancellation);
                var path = parsed.GetRequiredValue(target);
                using (var stream = File.Create(path))
                {
                    PprofWriter.Write(snapshot.Profile, stream);
                }

                output.Say($"{path}: {snapshot.Profile.StackCount} stacks, for go tool pprof and its kin");
                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }
}
