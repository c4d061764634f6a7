using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Tidemark.Cli.Commands;
using Tidemark.Cli.Commands.Check;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Metrics;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Signals;
using Tidemark.Runtimes;

namespace Tidemark.Cli;

/// <summary>The composition root: parses the command line, runs one command, and turns failures into one line and a status.</summary>
public static partial class Program
{
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand(
            "Tidemark finds memory leaks in long-running services: the verdict, the code that holds the memory, and the proof that the fix holds."
        )
        {
            CheckCommand.Create(),
            DemoCommand.Create(),
            DiagnoseCommand.Create(),
            CaptureCommand.Create(),
            ReportCommand.Create(),
            TopCommand.Create(),
            HistogramCommand.Create(),
            DominatorsCommand.Create(),
            SuspectsCommand.Create(),
            PathsCommand.Create(),
            ListCommand.Create(),
            TreeCommand.Create(),
            PeekCommand.Create(),
            DiffCommand.Create(),
            ConvertCommand.Create(),
            PythonAgentCommand.Create(),
        };
        Examples.AddTo(root, args);
        var parsed = root.Parse(args);
        if (UsageError.Of(parsed) is { } wrong)
        {
            return Fail(wrong);
        }

        try
        {
            using var interrupt = new CancellationTokenSource();
            using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            // No time-out for a command that was told to stop: a diagnosis still has its best answer to give.
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await CaptureQuestion.InvokeAsync(parsed, configuration, interrupt.Token);

            void Stop(PosixSignalContext signal)
            {
                // The second time it is meant at once.
                signal.Cancel = !interrupt.IsCancellationRequested;
                interrupt.Cancel();
            }
        }
        catch (Exception failure) when (Environment.GetEnvironmentVariable("TIDEMARK_DEBUG") is not { Length: > 0 })
        {
            return Fail(
                Explain(failure)
                    ?? $"defect in Tidemark: {failure.GetType().Name}: {failure.Message} (TIDEMARK_DEBUG=1 shows where)"
            );
        }
    }

    /// <summary>The one line for a failure that has a cause outside of Tidemark; null for a defect of our own.</summary>
    private static string? Explain(Exception failure) =>
        failure switch
        {
            UnauthorizedAccessException denied when ProcessPath().Match(denied.Message) is { Success: true } process =>
                $"no permission to look into process {process.Groups["pid"].Value}: run tidemark as the user it runs as, or as root",
            CommandFailedException
            or MalformedDumpException
            or MalformedHistoryException
            or PrometheusException
            or ConfigurationException
            or AttachFailedException
            or CaptureFailedException
            or TargetGoneException
            or IOException
            or UnauthorizedAccessException => failure.Message,
            OperationCanceledException => "interrupted",
            AggregateException { InnerExceptions: [var only] } => Explain(only),
            _ => null,
        };

    [GeneratedRegex("'/proc/(?<pid>[0-9]+)/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProcessPath();

    [SuppressMessage("Usage", "MA0045", Justification = "standard error is not worth an await")]
    private static int Fail(string line)
    {
        Console.Error.WriteLine($"tidemark: {line.ReplaceLineEndings(" ")}");
        return ExitStatus.Failed;
    }
}
