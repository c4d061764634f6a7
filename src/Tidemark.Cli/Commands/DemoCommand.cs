using System.CommandLine;
using Tidemark.Cli.Options;
using Tidemark.Cli.Zoo;
using Tidemark.Diagnosis.Watching;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark demo</c>: starts a real leaking service from the zoo and diagnoses it, end to end.</summary>
public static class DemoCommand
{
    private const string Standard = "dotnet";

    // Where this runtime has it, the plainest fault is shown first.
    private const string Plainest = "price-alerts";

    // A minute shows the whole way; a service of one's own deserves longer.
    private static readonly TimeSpan DemoFor = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var runtime = new Argument<string>("RUNTIME")
        {
            Description = "dotnet, go, jvm, node, python or native",
            DefaultValueFactory = _ => Standard,
        };
        var name = new Option<string?>("--case") { Description = "another service of the zoo, by its folder's name" };
        var duration = Durations.Option("--for", "how long to watch at the most", DemoFor);
        var folder = new Option<string?>("--out", "-o") { Description = "the case folder" };
        var command = Output.With(
            new Command("demo", "Starts a real leaking service and diagnoses it, end to end.")
            {
                runtime,
                name,
                duration,
                folder,
            }
        );
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var service = Choose(parsed.GetRequiredValue(runtime), parsed.GetValue(name));
                output.Say($"{service.Runtime}/{service.Name}: {service.Note}");
                await ZooSetup.RunAsync(service, output.Say, cancellation);
                var request = new DiagnoseRequest(
                    Pid: null,
                    Url: null,
                    service.Start,
                    service.Folder,
                    service.Runtime,
                    parsed.GetValue(folder),
                    Resume: null,
                    new WatchOptions { For = parsed.GetValue(duration) }
                );
                var status = await new DiagnoseRun(request, output).RunAsync(cancellation);
                output.Say(
                    $"the truth: {service.Kind}{(service.Culprit.Count > 0 ? $", {string.Join(" or ", service.Culprit)}" : "")}"
                );
                return status;
            }
        );
        return command;
    }

    private static ZooCase Choose(string runtime, string? name)
    {
        var zoo = ZooCase.FindZoo();
        var folder = Path.Combine(zoo, runtime);
        if (!Directory.Exists(folder))
        {
            var known = Directory.EnumerateDirectories(zoo).Select(Path.GetFileName).Order(StringComparer.Ordinal);
            throw new CommandFailedException($"no demo for '{runtime}': there are {string.Join(", ", known)}");
        }

        var cases = ZooCase.All(folder);
        if (name is null)
        {
            return cases.FirstOrDefault(c => c.Name == Plainest)
                ?? cases.FirstOrDefault(c => c.Kind == "leak")
                ?? throw new CommandFailedException($"{folder}: no leaking service there");
        }

        return cases.FirstOrDefault(c => c.Name == name)
            ?? throw new CommandFailedException(
                $"no service '{name}': there are {string.Join(", ", cases.Select(c => c.Name))}"
            );
    }
}
