using Tidemark.Core;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Tracemalloc;

/// <summary>The objects that a snapshot's pickle makes: nothing but texts, frames, tracebacks, traces, and the two classes around them.</summary>
internal sealed class TracemallocObjects(PickleInput input, TracemallocLimits limits, TracemallocSymbols symbols)
    : IDisposable
{
    private const string Module = "tracemalloc";
    private const int MostContainers = 64;
    private const int MostTexts = 10_000_000;

    /// <summary>Sums and differences of such totals do not turn over.</summary>
    private const long LargestTotal = 1L << 61;

    private static readonly string[] Classes = ["Snapshot", "_Traces"];

    private readonly List<string> texts = [];
    private readonly List<int> fileOfText = [];
    private readonly NativeList<TracemallocTrace> traces = new();
    private readonly List<NativeList<int>> lists = [];
    private readonly List<Dictionary<string, PickleValue>> dicts = [];
    private readonly List<(int Class, Dictionary<string, PickleValue>? State)> instances = [];
    private int[] frames = new int[16];
    private long textBytes;

    public PickleValue Text(string text)
    {
        if (texts.Count == MostTexts)
        {
            throw input.Malformed($"more than {MostTexts} texts");
        }

        textBytes += text.Length;
        if (textBytes > limits.MaxTextBytes)
        {
            throw input.Malformed($"more than {limits.MaxTextBytes} bytes of texts, which is refused");
        }

        texts.Add(text);
        fileOfText.Add(-1);
        return new PickleValue(PickleKind.Text, texts.Count - 1);
    }

    public PickleValue NewList()
    {
        Limit(lists.Count, "lists");
        lists.Add(new NativeList<int>());
        return new PickleValue(PickleKind.List, lists.Count - 1);
    }

    public PickleValue NewDict()
    {
        Limit(dicts.Count, "dicts");
        dicts.Add([]);
        return new PickleValue(PickleKind.Dict, dicts.Count - 1);
    }

    public PickleValue Class(PickleValue module, PickleValue name) =>
        Class(TextOf(module, "a module's name"), TextOf(name, "a class's name"));

    public PickleValue Class(string module, string name) =>
        module == Module && Array.IndexOf(Classes, name) is >= 0 and var number
            ? new PickleValue(PickleKind.Class, number)
            : throw input.Malformed(
                $"it asks for {Printable(module)}.{Printable(name)}: a snapshot needs tracemalloc.Snapshot and tracemalloc._Traces only, and nothing of a pickle is executed here"
            );

    public PickleValue Instance(PickleValue type, PickleValue arguments)
    {
        if (type.Kind != PickleKind.Class || arguments.Kind != PickleKind.EmptyTuple)
        {
            throw input.Malformed("an object is made of something that is no class of a snapshot, or with arguments");
        }

        Limit(instances.Count, "objects");
        instances.Add((type.Index, null));
        return new PickleValue(PickleKind.Instance, instances.Count - 1);
    }

    public void Build(PickleValue instance, PickleValue state)
    {
        if (instance.Kind != PickleKind.Instance || state.Kind != PickleKind.Dict)
        {
            throw input.Malformed("a state is given to something that is no object, or is no dict");
        }

        instances[instance.Index] = (instances[instance.Index].Class, dicts[state.Index]);
    }

    public void Append(PickleValue list, ReadOnlySpan<PickleValue> items)
    {
        if (list.Kind != PickleKind.List)
        {
            throw input.Malformed("something is appended to what is no list");
        }

        var members = lists[list.Index];
        if (members.Count + items.Length > limits.MaxTraces)
        {
            throw input.Malformed($"more than {limits.MaxTraces} traces");
        }

        foreach (var item in items)
        {
            members.Add(
                item.Kind == PickleKind.Trace
                    ? item.Index
                    : throw input.Malformed($"the list of traces holds a value that is a {item.Kind}")
            );
        }
    }

    public void Set(PickleValue dict, ReadOnlySpan<PickleValue> pairs)
    {
        if (dict.Kind != PickleKind.Dict || pairs.Length % 2 != 0)
        {
            throw input.Malformed("entries are set in what is no dict, or a key is without its value");
        }

        var state = dicts[dict.Index];
        for (var i = 0; i < pairs.Length; i += 2)
        {
            state[TextOf(pairs[i], "an attribute's name")] = pairs[i + 1];
            Limit(state.Count, "attributes");
        }
    }

    /// <summary>A tuple, by what it holds: (file, line), frames, or (domain, size, frames[, frames in all]).</summary>
    public PickleValue Tuple(ReadOnlySpan<PickleValue> items)
    {
        if (items is [{ Kind: PickleKind.Text } file, { Kind: PickleKind.Integer } line])
        {
            return new PickleValue(PickleKind.Frame, symbols.AddFrame(FileOf(file), Line(line)));
        }

        if (items.Length > 0 && items[0].Kind == PickleKind.Frame)
        {
            return Traceback(items);
        }

        if (
            items.Length is 3 or 4
            && items[0].Kind == PickleKind.Integer
            && items[1].Kind == PickleKind.Integer
            && items[2].Kind == PickleKind.Traceback
            && (items.Length == 3 || items[3].Kind is PickleKind.Integer or PickleKind.None)
        )
        {
            return Trace(items[0].Number, items[1].Number, items[2].Index);
        }

        if (items.IsEmpty || items[0].Kind == PickleKind.Trace)
        {
            return TupleOfTraces(items);
        }

        throw input.Malformed(
            $"a tuple of {items.Length} values that is no frame (file, line), no traceback and no trace (domain, size, traceback)"
        );
    }

    /// <summary>The snapshot, of what the pickle left.</summary>
    public TracemallocSnapshot Snapshot(PickleValue result)
    {
        var order = TracesOf(result);
        var limit =
            instances[result.Index].State!.TryGetValue("traceback_limit", out var frames)
            && frames.Kind == PickleKind.Integer
                ? (int)Math.Min(frames.Number, int.MaxValue)
                : 1;
        var snapshot = new TracemallocSnapshot(symbols, (int)order.Count, limit);
        for (var i = 0; i < snapshot.Count; i++)
        {
            snapshot.Set(i, traces[order[i]]);
        }

        return snapshot;
    }

    /// <summary>Only the bytes and blocks of each traceback, of what the pickle left: without a row for each trace.</summary>
    public TracemallocSums Sums(PickleValue result)
    {
        var order = TracesOf(result);
        var sums = new TracemallocSums(symbols.TracebackCount);
        for (var i = 0L; i < order.Count; i++)
        {
            sums.Add(traces[order[i]]);
        }

        return sums;
    }

    public void Dispose()
    {
        traces.Dispose();
        lists.ForEach(l => l.Dispose());
    }

    private NativeList<int> TracesOf(PickleValue result)
    {
        var list = State(State(result, "Snapshot", "traces"), "_Traces", "_traces");
        if (list.Kind != PickleKind.List)
        {
            throw input.Malformed($"the traces are a {list.Kind} instead of a list");
        }

        // One remembered trace may stand in the list many times over.
        var (order, total) = (lists[list.Index], 0L);
        for (var i = 0L; i < order.Count; i++)
        {
            total += traces[order[i]].Size;
            if (total > LargestTotal)
            {
                throw input.Malformed("more bytes in all traces than an address space has");
            }
        }

        return order;
    }

    private PickleValue Traceback(ReadOnlySpan<PickleValue> items)
    {
        if (items.Length > limits.MaxFrames || symbols.Tracebacks.ItemCount > limits.MaxTracebackFrames)
        {
            throw input.Malformed($"a traceback of {items.Length} frames, at most {limits.MaxFrames} are accepted");
        }

        if (frames.Length < items.Length)
        {
            frames = new int[items.Length];
        }

        for (var i = 0; i < items.Length; i++)
        {
            frames[i] =
                items[i].Kind == PickleKind.Frame
                    ? items[i].Index
                    : throw input.Malformed($"a traceback holds a value that is a {items[i].Kind}");
        }

        return new PickleValue(PickleKind.Traceback, symbols.Tracebacks.Add(frames.AsSpan(0, items.Length)));
    }

    /// <summary>A trace of its parts.</summary>
    public PickleValue Trace(long domain, long size, int traceback)
    {
        if (traces.Count == limits.MaxTraces || domain > uint.MaxValue)
        {
            throw input.Malformed(
                traces.Count == limits.MaxTraces
                    ? $"more than {limits.MaxTraces} traces"
                    : $"the domain {domain}, which is beyond 32 bits"
            );
        }

        traces.Add(new TracemallocTrace(size, traceback, (uint)domain));
        return new PickleValue(PickleKind.Trace, traces.Count - 1);
    }

    private PickleValue TupleOfTraces(ReadOnlySpan<PickleValue> items)
    {
        var list = NewList();
        Append(list, items);
        return list;
    }

    private PickleValue State(PickleValue instance, string type, string attribute) =>
        instance.Kind == PickleKind.Instance
        && Classes[instances[instance.Index].Class] == type
        && instances[instance.Index].State is { } state
        && state.TryGetValue(attribute, out var value)
            ? value
            : throw input.Malformed($"expected an object of tracemalloc.{type} with {attribute}");

    private int FileOf(PickleValue text)
    {
        if (fileOfText[text.Index] < 0)
        {
            fileOfText[text.Index] = symbols.AddFile(texts[text.Index]);
        }

        return fileOfText[text.Index];
    }

    private int Line(PickleValue line) =>
        line.Number <= int.MaxValue ? (int)line.Number : throw input.Malformed($"line {line.Number} of a file");

    private string TextOf(PickleValue value, string what) =>
        value.Kind == PickleKind.Text
            ? texts[value.Index]
            : throw input.Malformed($"{what} is a {value.Kind} instead of a text");

    private void Limit(int count, string what)
    {
        if (count >= MostContainers)
        {
            throw input.Malformed($"more than {MostContainers} {what}: a snapshot has two or three");
        }
    }

    private static string Printable(string name)
    {
        const int longest = 60;
        var shown = name.Length > longest ? name[..longest] + "..." : name;
        return OneLine.Of(shown);
    }
}
