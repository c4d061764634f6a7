namespace Tidemark.Formats.Hprof;

/// <summary>A local variable or a native reference of a thread.</summary>
/// <param name="Object">The object's identity.</param>
/// <param name="Frame">The frame's number in the thread's stack; -1 where the dump does not tell.</param>
/// <param name="IsNative">True for a reference of native code.</param>
internal readonly record struct ThreadLocal(ulong Object, int Frame, bool IsNative);

/// <summary>
/// The threads of the dump. What their stacks hold counts as held by the thread object, as Eclipse MAT has it, so that a thread
/// retains its local variables.
/// </summary>
internal sealed class HprofThreads
{
    private readonly HeapContents contents;
    private readonly Dictionary<uint, HprofRoot> threadOfSerial = [];
    private readonly Dictionary<ulong, uint> serialOfThread = [];
    private readonly Dictionary<uint, List<ThreadLocal>> locals = [];

    public HprofThreads(HeapContents contents)
    {
        this.contents = contents;
        foreach (var root in contents.Roots)
        {
            if (root.Tag == HeapTag.RootThreadObject && contents.Addresses.Find(root.Object) >= 0)
            {
                // One thread a serial number, and the other way round: or else a damaged dump could hang all locals on every thread.
                if (!serialOfThread.ContainsKey(root.Object) && threadOfSerial.TryAdd(root.ThreadSerial, root))
                {
                    serialOfThread.Add(root.Object, root.ThreadSerial);
                }
            }
        }

        foreach (var root in contents.Roots)
        {
            if (IsLocal(root))
            {
                if (!locals.TryGetValue(root.ThreadSerial, out var own))
                {
                    locals.Add(root.ThreadSerial, own = []);
                }

                own.Add(new ThreadLocal(root.Object, root.Number, root.Tag != HeapTag.RootJavaFrame));
            }
        }
    }

    /// <summary>True for a root that its thread holds.</summary>
    public bool IsLocal(HprofRoot root) =>
        root.Tag is HeapTag.RootJavaFrame or HeapTag.RootJniLocal or HeapTag.RootNativeStack or HeapTag.RootThreadBlock
        && threadOfSerial.ContainsKey(root.ThreadSerial);

    /// <summary>What a thread's stack holds, by the thread object's identity.</summary>
    public IReadOnlyList<ThreadLocal> LocalsOf(ulong thread) =>
        serialOfThread.TryGetValue(thread, out var serial) && locals.TryGetValue(serial, out var own) ? own : [];

    /// <summary>A thread's stack as it is printed, innermost first.</summary>
    public IReadOnlyList<string> StackOf(ulong thread) =>
        TraceOf(thread) is { } trace
            ? [.. Enumerable.Range(0, trace.Frames.Length).Select(i => Frame(trace, i) ?? "?")]
            : [];

    /// <summary>The name of the place where a local variable stands, such as <c>&lt;local of com.acme.Worker.run&gt;</c>.</summary>
    public string LocalName(ulong thread, ThreadLocal local)
    {
        var frame = TraceOf(thread) is { } trace ? Frame(trace, local.Frame) : null;
        return (local.IsNative, frame) switch
        {
            (true, null) => "<native local>",
            (true, _) => $"<native local of {frame}>",
            (false, null) => "<local>",
            _ => $"<local of {frame}>",
        };
    }

    private HprofTrace? TraceOf(ulong thread) =>
        serialOfThread.TryGetValue(thread, out var serial)
            ? contents.Outline.Traces.GetValueOrDefault((uint)threadOfSerial[serial].Number)
            : null;

    private string? Frame(HprofTrace trace, int number)
    {
        if (
            (uint)number >= (uint)trace.Frames.Length
            || !contents.Outline.Frames.TryGetValue(trace.Frames[number], out var frame)
        )
        {
            return null;
        }

        var classId = contents.Outline.ClassOfSerial.GetValueOrDefault(frame.ClassSerial);
        return $"{contents.Classes.Name(classId) ?? "?"}.{contents.Classes.SymbolName(frame.Method)}";
    }
}
