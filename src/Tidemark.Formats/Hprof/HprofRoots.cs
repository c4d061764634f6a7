using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>The graph's roots from those of the dump.</summary>
internal static class HprofRoots
{
    /// <summary>Classes first: what they and others hold is met through them. What a thread's stack holds is not among them where the thread object holds it.</summary>
    public static List<HeapRoot> Of(HeapContents contents, HprofLabels labels)
    {
        var roots = new List<HeapRoot>();
        var seen = new HashSet<(int, RootKind)>();
        foreach (var root in contents.Roots.Where(r => !contents.Threads.IsLocal(r)))
        {
            var node = contents.Find(root.Object);
            var kind = Kind(root.Tag);
            if (node >= 0 && seen.Add((node, kind)))
            {
                roots.Add(new HeapRoot(node, kind, Name(root, node, labels)));
            }
        }

        if (!contents.Roots.Any(r => r.Tag == HeapTag.RootStickyClass))
        {
            AddSystemClasses(contents, roots);
        }

        return [.. roots.OrderBy(r => r.Kind != RootKind.SystemClass)];
    }

    /// <summary>Where the dump does not say which classes stay, those of the boot loader do.</summary>
    private static void AddSystemClasses(HeapContents contents, List<HeapRoot> roots)
    {
        for (var i = 0; i < contents.Classes.Count; i++)
        {
            if (contents.Classes[i].Loader == 0 && !contents.Classes[i].Name.EndsWith("[]", StringComparison.Ordinal))
            {
                roots.Add(new HeapRoot(contents.ObjectCount + i, RootKind.SystemClass, Name: null));
            }
        }
    }

    private static RootKind Kind(HeapTag tag) =>
        tag switch
        {
            HeapTag.RootStickyClass => RootKind.SystemClass,
            HeapTag.RootThreadObject => RootKind.Thread,
            HeapTag.RootJniGlobal => RootKind.Handle,
            HeapTag.RootJavaFrame or HeapTag.RootJniLocal or HeapTag.RootNativeStack or HeapTag.RootThreadBlock =>
                RootKind.Stack,
            HeapTag.RootMonitorUsed or HeapTag.RootJniMonitor => RootKind.Monitor,
            HeapTag.RootFinalizing => RootKind.FinalizerQueue,
            HeapTag.RootInternedString or HeapTag.RootReferenceCleanup or HeapTag.RootVmInternal => RootKind.Runtime,
            _ => RootKind.Other,
        };

    private static string? Name(HprofRoot root, int node, HprofLabels labels) =>
        root.Tag switch
        {
            HeapTag.RootThreadObject => labels.ThreadName(node) is { Length: > 0 } name
                ? $"thread {name}"
                : "thread without a name",
            // HotSpot keeps the constants of each class in such an array.
            HeapTag.RootJniGlobal when labels.IsArrayOfObjects(node) => "constants of classes",
            HeapTag.RootJniGlobal => "JNI global reference",
            HeapTag.RootMonitorUsed or HeapTag.RootJniMonitor => "monitor in use",
            HeapTag.RootInternedString => "interned string",
            HeapTag.RootFinalizing => "finalizer queue",
            _ => null,
        };
}
