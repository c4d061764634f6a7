using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
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
    private void Add(AllocationProfileBuilder builder, List<Node> tree, int column)
    {
        var own = OwnBytes(tree);
        // The path to the current node, without the root: the allocation site first, then its callers.
        var path = new List<MassifFrame>();
        var stack = new List<int>();
        var total = 0L;
        for (var i = 0; i < tree.Count; i++)
        {
            var node = tree[i];
            if (node.Depth > 0)
            {
                path.RemoveRange(node.Depth - 1, path.Count - (node.Depth - 1));
                path.Add(MassifFrame.Parse(node.Text));
                // Whether a call was put into its caller is known with the caller.
                var known = Math.Clamp(path.Count - 2, 0, stack.Count);
                stack.RemoveRange(known, stack.Count - known);
            }

            if (own[i] > 0)
            {
                for (var f = stack.Count; f < path.Count; f++)
                {
                    var (frame, address) = (path[f], f + 1 < path.Count ? path[f + 1].Address : 0);
                    stack.Add(Frame(builder, frame, isInlined: address != 0 && frame.Address == address));
                }

                total += stack.Count;
                if (total > limits.MaxStackFrames)
                {
                    throw Malformed(
                        0,
                        $"stacks of more than {limits.MaxStackFrames} frames together, which is refused"
                    );
                }

                builder.Add(builder.AddStack(CollectionsMarshal.AsSpan(stack)), column, own[i]);
            }
        }
    }

    /// <summary>The bytes of each node less those of its children.</summary>
    private static long[] OwnBytes(List<Node> tree)
    {
        var own = new long[tree.Count];
        // The node that is open at each depth.
        var open = new List<int>();
        for (var i = 0; i < own.Length; i++)
        {
            var (depth, bytes, _) = tree[i];
            own[i] += bytes;
            open.RemoveRange(depth, open.Count - depth);
            open.Add(i);
            if (depth > 0)
            {
                own[open[depth - 1]] -= bytes;
            }
        }

        return own;
    }

    private static int Frame(AllocationProfileBuilder builder, MassifFrame frame, bool isInlined)
    {
        var name = SourceName.Shorten(frame.Function);
        var function = builder.AddFunction(
            new Function(name, frame.File, 0, name == frame.Function ? "" : frame.Function)
        );
        return builder.AddFrame(new Frame(function, frame.Line, isInlined, frame.Address));
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
