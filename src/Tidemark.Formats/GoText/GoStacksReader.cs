using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.GoText;

/// <summary>Reads goroutine after goroutine. What it does not know (a panic's message, registers) lies between them and is passed over.</summary>
internal sealed class GoStacksReader
{
    /// <summary>The label that holds what a goroutine waits for.</summary>
    public const string State = "state";

    /// <summary>The label that holds for how long, in minutes.</summary>
    public const string Waiting = "waiting";

    private const string CreatedBy = "created by ";

    private readonly AllocationProfileBuilder builder = new([SampleType.Goroutines]);
    private readonly List<int> stack = [];
    private int labels;
    private bool inGoroutine;
    private string? function;

    public static AllocationProfile Read(TextLines lines)
    {
        var reader = new GoStacksReader();
        while (lines.MoveNext())
        {
            reader.Take(lines.Line);
        }

        reader.Finish();
        return reader.builder.Build();
    }

    /// <summary>True for <c>goroutine 17 [chan receive, 5 minutes]:</c>.</summary>
    public static bool IsGoroutine(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("goroutine "u8))
        {
            return false;
        }

        var rest = line["goroutine "u8.Length..];
        var digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return digits > 0 && rest[digits..].StartsWith(" ["u8);
    }

    private void Take(string line)
    {
        if (IsGoroutine(Encoding.UTF8.GetBytes(line)))
        {
            Finish();
            Begin(line);
        }
        else if (!inGoroutine)
        {
            return;
        }
        else if (line.Length == 0)
        {
            Finish();
        }
        else if (line[0] == '\t')
        {
            AddFrame(line);
        }
        else
        {
            function = FunctionName(line);
        }
    }

    private void Begin(string line)
    {
        var open = line.IndexOf('[', StringComparison.Ordinal);
        var close = line.LastIndexOf(']');
        var words = line[(open + 1)..(close > open ? close : line.Length)].Split(", ");
        var found = new List<Label> { new(State, words[0]) };
        foreach (var word in words.AsSpan(1))
        {
            const string minutes = " minutes";
            if (
                word.EndsWith(minutes, StringComparison.Ordinal)
                && long.TryParse(
                    word.AsSpan(0, word.Length - minutes.Length),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out var number
                )
            )
            {
                found.Add(new Label(Waiting, Text: null, number, "minutes"));
            }
        }

        labels = builder.AddLabels(CollectionsMarshal.AsSpan(found));
        inGoroutine = true;
    }

    private void Finish()
    {
        if (inGoroutine)
        {
            builder.Add(CollectionsMarshal.AsSpan(stack), [1], labels);
        }

        inGoroutine = false;
        function = null;
        stack.Clear();
    }

    /// <summary><c>	/src/main.go:24 +0x26</c>, under the line of its function.</summary>
    private void AddFrame(string line)
    {
        if (function is null)
        {
            return;
        }

        var place = line.AsSpan(1);
        var end = place.LastIndexOf(" +0x", StringComparison.Ordinal);
        place = end >= 0 ? place[..end] : place;
        var colon = place.LastIndexOf(':');
        var at = 0;
        var hasLine =
            colon >= 0 && int.TryParse(place[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out at);
        stack.Add(builder.AddFrame(function, hasLine ? place[..colon].ToString() : place.ToString(), hasLine ? at : 0));
        function = null;
    }

    /// <summary>The name in <c>main.(*Hub).run(0xc000123, {0x1, 0x2})</c> and in <c>created by main.serve in goroutine 7</c>.</summary>
    private static string FunctionName(string line)
    {
        if (line.StartsWith(CreatedBy, StringComparison.Ordinal))
        {
            var name = line[CreatedBy.Length..];
            var parent = name.IndexOf(" in goroutine ", StringComparison.Ordinal);
            return parent < 0 ? name : name[..parent];
        }

        if (!line.EndsWith(')'))
        {
            return line;
        }

        var depth = 0;
        for (var i = line.Length - 1; i >= 0; i--)
        {
            depth += line[i] switch
            {
                ')' => 1,
                '(' => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                return line[..i];
            }
        }

        return line;
    }
}
