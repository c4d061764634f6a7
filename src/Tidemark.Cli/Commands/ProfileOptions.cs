using System.CommandLine;
using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Reports.Profiles;

namespace Tidemark.Cli.Commands;

/// <summary>The options that all questions to an allocation profile share, with the names that pprof gave them.</summary>
internal sealed class ProfileOptions
{
    private readonly Option<string?> sampleType = new("--sample-type", "--sample-index")
    {
        Description =
            "the column, such as inuse_space or alloc_objects (default: what the profile says, else its last)",
    };

    private readonly Option<bool> byCum = new("--cum") { Description = "sort by what is held together with callees" };

    private readonly Option<int> nodeCount = new("--nodecount")
    {
        Description = "at most so many rows (0: all)",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<double> nodeFraction = new("--nodefraction")
    {
        Description = "drop functions whose cum is a smaller share of the total",
        DefaultValueFactory = _ => new GraphTrim().NodeFraction,
    };

    private readonly Option<double> edgeFraction = new("--edgefraction")
    {
        Description = "drop calls that are a smaller share of the total",
        DefaultValueFactory = _ => new GraphTrim().EdgeFraction,
    };

    /// <summary>Adds the choice of the column only.</summary>
    public Command AddColumnTo(Command command)
    {
        command.Options.Add(sampleType);
        return command;
    }

    public Command AddTo(Command command)
    {
        AddColumnTo(command);
        command.Options.Add(byCum);
        command.Options.Add(nodeCount);
        command.Options.Add(nodeFraction);
        command.Options.Add(edgeFraction);
        return command;
    }

    public ProfileQuestion Question(ParseResult parsed, AllocationProfile profile)
    {
        try
        {
            return new ProfileQuestion(profile, parsed.GetValue(sampleType));
        }
        catch (NoSuchSampleTypeException unknown)
        {
            throw new CommandFailedException(unknown.Message, unknown);
        }
    }

    public GraphTrim Trim(ParseResult parsed) =>
        new(
            parsed.GetValue(nodeFraction),
            parsed.GetValue(edgeFraction),
            parsed.GetValue(nodeCount),
            parsed.GetValue(byCum)
        );

    /// <summary>A function as the user names it: a regular expression, matched anywhere in the name.</summary>
    public static Regex Function(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or NotSupportedException)
        {
            throw new CommandFailedException(
                $"'{pattern}' is not a regular expression: {unreadable.Message}",
                unreadable
            );
        }
    }
}
