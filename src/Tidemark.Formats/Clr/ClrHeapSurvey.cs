using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>Everything in a trace about its last heap dump except for the objects and references themselves.</summary>
public sealed class ClrHeapSurvey(int pointerSize)
{
    private const int MostHeaps = 10_000;
    private readonly HashSet<ulong> methodsOnStacks = [];
    private readonly List<byte> metadata = [];
    private readonly List<ClrStatic> statics = [];
    private readonly Dictionary<ulong, string> modules = [];
    private readonly Dictionary<ulong, string> methods = [];
    private readonly List<(long At, GenerationState[] Generations)> heaps = [];

    /// <summary>The dumps, their losses and their pauses.</summary>
    public HeapDumpTally Tally { get; } = new(pointerSize);

    public ClrTypes Types { get; } = new();

    /// <summary>The static fields of the last dump.</summary>
    public IReadOnlyList<ClrStatic> Statics => statics;

    /// <summary>The files of the loaded modules, in the order in which they were loaded.</summary>
    public IReadOnlyDictionary<ulong, string> Modules => modules;

    /// <summary>The methods that hold objects from a stack, by the identity of the root.</summary>
    internal IReadOnlyDictionary<ulong, string> Methods => methods;

    internal ClrRootEvents Roots { get; private set; } = new(pointerSize);

    /// <summary>Looks at an event.</summary>
    public void Visit(in NetTraceEvent happened)
    {
        var dumps = Tally.Dumps.Count;
        Tally.Visit(happened);
        if (Tally.Dumps.Count > dumps)
        {
            Roots = new ClrRootEvents(pointerSize);
            statics.Clear();
        }

        switch (ClrProvider.Of(happened.Definition))
        {
            case ClrEvent.GcPerHeapHistory when heaps.Count < MostHeaps:
                heaps.Add((happened.Timestamp, PerHeapHistory.Read(happened.Payload, pointerSize)));
                break;
            case ClrEvent.BulkType:
                Types.Add(happened.Payload);
                break;
            case ClrEvent.BulkRootEdge:
                Roots.AddRoots(happened.Payload);
                break;
            case ClrEvent.BulkRootStaticVar:
                ClrRootEvents.AddStatics(happened.Payload, statics);
                break;
            case ClrEvent.BulkRootConditionalWeakTableElementEdge:
                Roots.AddDependentPairs(happened.Payload);
                break;
            case ClrEvent.RundownModule:
                AddModule(happened.Payload);
                break;
            case ClrEvent.RundownMethod:
                AddMethod(happened.Payload);
                break;
            case ClrEvent.None when happened.Definition.Provider == ClrMetadata.Provider:
                var payload = happened.Payload;
                metadata.AddRange(payload.Take(payload.Remaining));
                break;
            default:
                break;
        }
    }

    /// <summary>Takes in the names that travel with the capture; called when all events were seen.</summary>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public void Finish()
    {
        if (metadata.Count > 0)
        {
            Types.Metadata = ClrMetadata.FromBytes([.. metadata]);
        }
    }

    /// <summary>Each generation as the collection left it that wrote a dump, all heaps together; all zero where it did not say.</summary>
    internal IReadOnlyList<GenerationState> GenerationsOf(HeapDumpCount dump)
    {
        var sum = new GenerationState[PerHeapHistory.Generations];
        var collection = Tally.Collections.During(dump.First);
        foreach (var (at, generations) in heaps)
        {
            if (collection is not null && at >= collection.Start && at <= collection.End)
            {
                for (var g = 0; g < sum.Length; g++)
                {
                    sum[g] += generations[g];
                }
            }
        }

        return sum;
    }

    private void AddModule(EventPayload payload)
    {
        var module = payload.UInt64();
        payload.Take(16); // assembly and flags
        modules[module] = payload.Utf16();
    }

    /// <summary>Methods come after the roots, and there are many of them: only those that hold something are kept.</summary>
    private void AddMethod(EventPayload payload)
    {
        if (methodsOnStacks.Count == 0)
        {
            methodsOnStacks.UnionWith(Roots.Roots.Where(r => r.Source == ClrRootSource.Stack).Select(r => r.Id));
        }

        var method = payload.UInt64();
        if (methodsOnStacks.Contains(method))
        {
            payload.Take(28); // module, code, token and flags
            methods[method] = $"{payload.Utf16()}.{payload.Utf16()}";
        }
    }
}
