using Tidemark.Core.Heap;
using Tidemark.Formats.Indexes;

namespace Tidemark.Formats.Hprof;

/// <summary>What the first pass found: every object's number and place, classes, roots and threads. The second pass and all later look-ups start from it.</summary>
internal sealed class HeapContents : IDisposable
{
    private HeapContents(
        HprofFile file,
        HprofOutline outline,
        AddressTable addresses,
        ClassTable classes,
        List<HeapPiece> pieces,
        List<HprofRoot> roots
    )
    {
        File = file;
        Outline = outline;
        Addresses = addresses;
        Classes = classes;
        Pieces = pieces;
        Roots = roots;
        ObjectCount = pieces.Count == 0 ? 0 : pieces[^1].First + pieces[^1].Count;
        Threads = new HprofThreads(this);
    }

    public HprofFile File { get; }

    public HprofOutline Outline { get; }

    public AddressTable Addresses { get; }

    public ClassTable Classes { get; }

    /// <summary>The file's pieces in their order, which is that of the objects' numbers.</summary>
    public IReadOnlyList<HeapPiece> Pieces { get; }

    public IReadOnlyList<HprofRoot> Roots { get; }

    public HprofThreads Threads { get; }

    public int IdSize => Outline.IdSize;

    /// <summary>Objects without classes; the classes' numbers follow behind.</summary>
    public int ObjectCount { get; }

    public int NodeCount => ObjectCount + Classes.Count;

    /// <summary>The object or class of an identity, or -1.</summary>
    public int Find(ulong id)
    {
        var node = Addresses.Find(id);
        return node >= 0 ? node
            : Classes.Find(id) is { } found ? ObjectCount + found.Index
            : -1;
    }

    /// <summary>The class that a node stands for, or null.</summary>
    public JavaClass? ClassOfNode(int node) => node >= ObjectCount ? Classes[node - ObjectCount] : null;

    /// <exception cref="MalformedDumpException">There are no objects, or there is too much.</exception>
    public static HeapContents Survey(HprofFile file, HprofOutline outline, HprofLimits limits, ReadContext context)
    {
        var addresses = new AddressTable(file.Length);
        var findings = Survey(file, outline, limits, addresses, list: false, context);
        if (addresses.MustList)
        {
            findings = Survey(file, outline, limits, addresses, list: true, context);
        }

        var (pieces, starts, total) = Number(findings, file, outline, limits);
        ReportDamages(findings, outline, limits, file, context);
        if (addresses.MustList)
        {
            ListAddresses(addresses, findings, total);
        }
        else if (!SetBases(addresses, findings, starts))
        {
            OrderNumbers(file, outline, limits, addresses, findings, starts, context);
        }

        var classes = new ClassTable(outline, findings.SelectMany(f => f.Classes), limits, context);
        if (total + classes.Count == 0)
        {
            throw file.Malformed(file.Length, "the dump holds no objects");
        }

        return new HeapContents(file, outline, addresses, classes, pieces, [.. findings.SelectMany(f => f.Roots)]);
    }

    /// <summary>Writes what was found into an index.</summary>
    public void Save(IndexWriter index)
    {
        Addresses.Save(index);
        index.Add<long>("classes", [.. Enumerable.Range(0, Classes.Count).Select(i => Classes[i].Place)]);
        index.Add<HeapPiece>("pieces", [.. Pieces]);
        index.Add<HprofRoot>("gc-roots", [.. Roots]);
    }

    /// <summary>What was found some time ago.</summary>
    /// <exception cref="InvalidDataException">The index does not fit the dump.</exception>
    public static HeapContents Load(
        HprofFile file,
        HprofOutline outline,
        HprofLimits limits,
        IndexFile index,
        ReadContext context
    )
    {
        var pieces = index.Copy<HeapPiece>("pieces").ToList();
        var objects = 0;
        foreach (var piece in pieces)
        {
            if (
                piece.First != objects
                || piece.Count < 0
                || piece.Start < 0
                || piece.End < piece.Start
                || piece.End > file.Length
            )
            {
                throw new InvalidDataException("the index tells pieces that the dump does not have");
            }

            objects = checked(objects + piece.Count);
        }

        var classes = new List<JavaClass>();
        using var cursor = new HprofCursor(file.Handle, outline.IdSize, capacity: 1 << 15);
        foreach (var place in index.Copy<long>("classes"))
        {
            cursor.Open(Math.Clamp(place, 0, file.Length), file.Length);
            classes.Add(
                ClassDumpRecord.Read(cursor, out var problem)
                    ?? throw new InvalidDataException($"the index tells a class that is none: {problem}")
            );
        }

        return new HeapContents(
            file,
            outline,
            AddressTable.Load(index, objects),
            new ClassTable(outline, classes, limits, context),
            pieces,
            [.. index.Copy<HprofRoot>("gc-roots")]
        );
    }

    public void Dispose()
    {
        Addresses.Dispose();
        Outline.Dispose();
    }

    private static SurveyFindings[] Survey(
        HprofFile file,
        HprofOutline outline,
        HprofLimits limits,
        AddressTable addresses,
        bool list,
        ReadContext context
    )
    {
        var findings = new SurveyFindings[outline.Segments.Count];
        WorkCrew.Run(
            file.Length >= limits.LeastShared,
            findings.Length,
            () => new HeapSurvey(file, outline.IdSize, limits, addresses),
            (survey, i) =>
            {
                findings[i] = survey.Survey(outline.Segments[i], list, context.Cancellation);
                context.Report(0.3 * (i + 1) / findings.Length);
            },
            context.Cancellation
        );
        return findings;
    }

    /// <summary>Numbers the objects through, in the order of the file.</summary>
    private static (List<HeapPiece> Pieces, int[] Starts, int Total) Number(
        SurveyFindings[] findings,
        HprofFile file,
        HprofOutline outline,
        HprofLimits limits
    )
    {
        var pieces = new List<HeapPiece>();
        var starts = new int[findings.Length];
        long total = 0;
        for (var i = 0; i < findings.Length; i++)
        {
            starts[i] = (int)total;
            total += findings[i].Count;
            if (total + findings[i].Classes.Count > limits.MaxObjects)
            {
                throw file.Malformed(outline.Segments[i].Start, $"more than {limits.MaxObjects:N0} objects");
            }

            foreach (var piece in findings[i].Pieces)
            {
                pieces.Add(piece with { First = piece.First + starts[i] });
            }
        }

        return (pieces, starts, (int)total);
    }

    private static void ReportDamages(
        SurveyFindings[] findings,
        HprofOutline outline,
        HprofLimits limits,
        HprofFile file,
        ReadContext context
    )
    {
        var damages = 0;
        for (var i = 0; i < findings.Length; i++)
        {
            if (findings[i].Damage is not { } damage)
            {
                continue;
            }

            if (++damages > limits.MaxDamages)
            {
                throw file.Malformed(
                    findings[i].DamageOffset,
                    $"{damage}, and {limits.MaxDamages} damaged places before it"
                );
            }

            var unread = outline.Segments[i].End - findings[i].DamageOffset;
            context.Warn($"at byte {findings[i].DamageOffset}: {damage}; {unread:N0} bytes of objects were not read");
        }
    }

    private static void ListAddresses(AddressTable addresses, SurveyFindings[] findings, int total)
    {
        var all = new NativeArray<ulong>(total);
        long filled = 0;
        foreach (var found in findings)
        {
            using var listed = found.Listed!.ToArray();
            for (long i = 0; i < listed.Length; i++)
            {
                all[filled++] = listed[i];
            }
        }

        addresses.List(all);
    }

    /// <returns>False where the objects of some block are too much in disorder for it.</returns>
    private static bool SetBases(AddressTable addresses, SurveyFindings[] findings, int[] starts)
    {
        var parts = new List<AddressRun>();
        for (var i = 0; i < findings.Length; i++)
        {
            if (findings[i].IsUnordered)
            {
                return false;
            }

            foreach (var run in findings[i].Runs)
            {
                var numbered = run with { First = starts[i] + run.First };
                if (!addresses.SetBase(numbered))
                {
                    parts.Add(numbered);
                }
            }

            findings[i].Runs.Clear();
            findings[i].Runs.TrimExcess();
        }

        return addresses.SetBases(parts);
    }

    /// <summary>Tells the table the number of each object: one more pass over the file.</summary>
    private static void OrderNumbers(
        HprofFile file,
        HprofOutline outline,
        HprofLimits limits,
        AddressTable addresses,
        SurveyFindings[] findings,
        int[] starts,
        ReadContext context
    )
    {
        var order = new NativeArray<int>(addresses.TurnToRanks());
        WorkCrew.Run(
            file.Length >= limits.LeastShared,
            findings.Length,
            () => new HeapSurvey(file, outline.IdSize, limits, addresses),
            (survey, i) =>
            {
                using var listed = survey.Survey(outline.Segments[i], list: true, context.Cancellation).Listed!;
                for (long o = 0; o < listed.Count; o++)
                {
                    order[addresses.Find(listed[o])] = starts[i] + (int)o;
                }
            },
            context.Cancellation
        );
        addresses.SetOrder(order);
    }
}
