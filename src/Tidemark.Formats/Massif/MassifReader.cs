using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Tidemark.Core.Allocation;
using Tidemark.Formats.NativeStacks;
using Tidemark.Symbols.Demangling;

namespace Tidemark.Formats.Massif;

/// <summary>Reads massif's snapshots. Of their trees two are kept: the peak's and the last one.</summary>
internal sealed class MassifReader(string path, MassifLimits limits, ReadContext context)
{
    private static readonly SampleType[] Columns = [new("peak_space", "bytes"), SampleType.InUseSpace];

    /// <summary>A node of a tree: what was allocated below this call, its caller further in.</summary>
    /// <param name="Depth">0 for the root.</param>
    /// <param name="Bytes">All that was allocated through it.</param>
    /// <param name="Text">Address, function and place.</param>
    private readonly record struct Node(int Depth, long Bytes, string Text);

    private readonly List<Node> peak = [];
    private readonly List<Node> last = [];
    private readonly List<Node> current = [];
    private string command = "";
    private string timeUnit = "";
    private string time = "";
    private string peakTime = "";
    private string lastTime = "";

    public void Read(ReadOnlySpan<byte> content)
    {
        var lines = new ByteLines(content);
        var hasSnapshot = false;
        while (lines.Next())
        {
            var line = lines.Line;
            if (line.StartsWith("#"u8) || line.IsEmpty)
            {
                continue;
            }

            if (Field(line, "heap_tree="u8) is { } kind)
            {
                ReadTree(ref lines, kind);
            }
            else if (Field(line, "snapshot="u8) is not null)
            {
                hasSnapshot = true;
            }
            else if (Field(line, "time="u8) is { } at)
            {
                time = at;
            }
            else if (Field(line, "cmd:"u8) is { } text)
            {
                command = text.Trim();
            }
            else if (Field(line, "time_unit:"u8) is { } unit)
            {
                timeUnit = unit.Trim();
            }
            else if (!line.StartsWith("mem_"u8) && !line.StartsWith("desc:"u8))
            {
                throw Malformed(
                    lines.Offset,
                    $"expected a line of massif (snapshot=, time=, mem_...=, heap_tree=), found \"{lines.Quote()}\""
                );
            }
        }

        if (!hasSnapshot)
        {
            throw Malformed(
                content.Length,
                "expected snapshots, but there is none: did the program end before its first?"
            );
        }

        if (last.Count == 0)
        {
            context.Warn("no snapshot has a tree of allocation sites: only totals were recorded (see --detailed-freq)");
        }
    }

    public AllocationProfile Build()
    {
        var builder = new AllocationProfileBuilder(Columns)
        {
            Header = new ProfileHeader { DefaultSampleType = SampleType.InUseSpace.Name, Comments = Comments() },
        };
        Add(builder, peak.Count > 0 ? peak : last, column: 0);
        Add(builder, last, column: 1);
        return builder.Build();
    }

    private List<string> Comments()
    {
        List<string> comments = [];
        if (command.Length > 0)
        {
            comments.Add($"command: {command}");
        }

        if (last.Count > 0)
        {
            comments.Add(
                $"inuse_space is the last detailed snapshot, at {lastTime} {timeUnit}; peak_space the peak's, at {(peak.Count > 0 ? peakTime : lastTime)} {timeUnit}"
            );
        }

        return comments;
    }

    private void ReadTree(ref ByteLines lines, string kind)
    {
        if (kind == "empty")
        {
            return;
        }

        if (kind is not ("detailed" or "peak"))
        {
            throw Malformed(lines.Offset, $"expected heap_tree=empty, detailed or peak, found \"{lines.Quote()}\"");
        }

        current.Clear();
        // Children still to come, one count a level that is open.
        var open = new Stack<long>([1]);
        while (open.TryPop(out var left))
        {
            if (left == 0)
            {
                continue;
            }

            open.Push(left - 1);
            if (!lines.Next())
            {
                context.Warn("the file ends inside of a tree: the last snapshot is left out");
                return;
            }

            open.Push(ReadNode(ref lines, open.Count - 1));
            if (open.Count > limits.MaxDepth)
            {
                throw Malformed(lines.Offset, $"a tree deeper than {limits.MaxDepth} calls, which is refused");
            }
        }

        if (kind == "peak")
        {
            peakTime = time;
            peak.Clear();
            peak.AddRange(current);
        }

        lastTime = time;
        last.Clear();
        last.AddRange(current);
    }

    /// <summary>Reads <c>n3: 1000 0x10A8C9: function (file:line)</c>: the children, the bytes, and what it is.</summary>
    private long ReadNode(ref ByteLines lines, int depth)
    {
        var text = lines.Line.TrimStart((byte)' ');
        if (
            !text.StartsWith("n"u8)
            || !Utf8Parser.TryParse(text[1..], out long children, out var length)
            || children < 0
            || !(text = text[(1 + length)..]).StartsWith(": "u8)
            || !Utf8Parser.TryParse(text[2..], out long bytes, out length)
            || bytes < 0
        )
        {
            throw Malformed(
                lines.Offset,
                $"expected a tree's node (\"n2: 1000 0x...: function\"), found \"{lines.Quote()}\""
            );
        }

        current.Add(new Node(depth, bytes, Encoding.UTF8.GetString(text[(2 + length)..].TrimStart((byte)' '))));
        return children;
    }

    /// <summary>Adds a tree's stacks: each node holds on its own what its callers do not account for.</summary>
    private static void Add(AllocationProfileBuilder builder, List<Node> tree, int column)
    {
        // The path to the current node, without the root: the allocation site first, then its callers.
        var pathFrames = new List<MassifFrame>();
        for (var i = 0; i < tree.Count; i++)
        {
            var node = tree[i];
            if (node.Depth > 0)
            {
                pathFrames.RemoveRange(node.Depth - 1, pathFrames.Count - (node.Depth - 1));
                pathFrames.Add(MassifFrame.Parse(node.Text));
            }

            var own = node.Bytes;
            for (var child = i + 1; child < tree.Count && tree[child].Depth > node.Depth; child++)
            {
                own -= tree[child].Depth == node.Depth + 1 ? tree[child].Bytes : 0;
            }

            if (own > 0)
            {
                builder.Add(builder.AddStack(Stack(builder, pathFrames)), column, own);
            }
        }
    }

    private static int[] Stack(AllocationProfileBuilder builder, List<MassifFrame> pathFrames)
    {
        var stack = new int[pathFrames.Count];
        for (var i = 0; i < stack.Length; i++)
        {
            var frame = pathFrames[i];
            var name = SourceName.Shorten(frame.Function);
            var function = builder.AddFunction(
                new Function(name, frame.File, 0, name == frame.Function ? "" : frame.Function)
            );
            var isInlined = frame.Address != 0 && i + 1 < stack.Length && pathFrames[i + 1].Address == frame.Address;
            stack[i] = builder.AddFrame(new Frame(function, frame.Line, isInlined, frame.Address));
        }

        return stack;
    }

    private static string? Field(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.StartsWith(name) ? Encoding.UTF8.GetString(line[name.Length..]) : null;

    private MalformedDumpException Malformed(long offset, string problem) => new(path, offset, problem);

    /// <summary>A call as massif writes it: <c>0x10A8C9: shop::parse(int) (svc.cpp:15)</c>, or <c>in 5 places, all below massif's threshold (1.00%)</c>.</summary>
    private readonly record struct MassifFrame(ulong Address, string Function, string File, int Line)
    {
        private const string Unknown = "???";

        public static MassifFrame Parse(string text)
        {
            var colon = text.IndexOf(": ", StringComparison.Ordinal);
            if (
                !text.StartsWith("0x", StringComparison.Ordinal)
                || colon < 0
                || !ulong.TryParse(
                    text.AsSpan(2, colon - 2),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var address
                )
            )
            {
                // How many places it sums up differs from snapshot to snapshot.
                return new MassifFrame(
                    0,
                    text.Contains("below massif's threshold", StringComparison.Ordinal)
                        ? "below massif's threshold"
                        : text,
                    "",
                    0
                );
            }

            var rest = text[(colon + 2)..];
            var place = rest.LastIndexOf(" (", StringComparison.Ordinal);
            if (place < 0 || !rest.EndsWith(')'))
            {
                return new MassifFrame(address, rest == Unknown ? "" : rest, "", 0);
            }

            var function = rest[..place];
            var where = rest[(place + 2)..^1];
            if (function == Unknown)
            {
                // Only the library is known: the address tells nothing in another run.
                return new MassifFrame(
                    address,
                    $"[{Path.GetFileName(where.Replace("in ", "", StringComparison.Ordinal))}]",
                    "",
                    0
                );
            }

            var number = where.LastIndexOf(':');
            return number > 0 && int.TryParse(where.AsSpan(number + 1), CultureInfo.InvariantCulture, out var line)
                ? new MassifFrame(address, function, where[..number], line)
                : new MassifFrame(address, function, "", 0);
        }
    }
}
