using Tidemark.Core.Heap;
using Tidemark.Formats.ClassHistogram;

namespace Tidemark.Formats.Hprof;

/// <summary>All classes of a dump, each once, with what follows from their fields.</summary>
internal sealed class ClassTable
{
    private readonly Dictionary<ulong, JavaClass> byId = [];
    private readonly List<JavaClass> classes = [];
    private readonly HprofOutline outline;
    private readonly Dictionary<ulong, string> fieldNames = [];

    /// <summary>References that all classes together may list: a damaged dump must not cost more than it weighs.</summary>
    private long roomForReferences = 1 << 20;
    private readonly List<int> references = [];
    private int withoutFields;
    private ulong[] slots = [];
    private JavaClass[] slotClasses = [];

    public ClassTable(HprofOutline outline, IEnumerable<JavaClass> dumped, HprofLimits limits, ReadContext context)
    {
        this.outline = outline;
        roomForReferences += outline.FileLength / 4;
        foreach (var dump in dumped)
        {
            if (byId.TryAdd(dump.Id, dump))
            {
                dump.Index = classes.Count;
                dump.Name = Name(dump.Id) ?? $"class 0x{dump.Id:x}";
                classes.Add(dump);
            }
        }

        foreach (var one in classes)
        {
            one.SuperClass = byId.GetValueOrDefault(one.Super);
        }

        if (BreakCycles() is > 0 and var cycles)
        {
            context.Warn($"{cycles:N0} classes extend themselves in the end: what they inherit is unknown");
        }

        foreach (var one in classes)
        {
            LayOut(one, limits);
        }

        if (withoutFields > 0)
        {
            context.Warn(
                $"{withoutFields:N0} classes have more fields than can be true: what their instances refer to is unknown"
            );
        }

        BuildSlots();
    }

    public int Count => classes.Count;

    public JavaClass this[int index] => classes[index];

    /// <summary>Finds a class of that name; of several the first.</summary>
    public JavaClass? Named(string name) => classes.Find(c => c.Name == name);

    /// <summary>The class of that identity, or null.</summary>
    public JavaClass? Find(ulong id)
    {
        for (var slot = Slot(id); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            if (slots[slot] == id)
            {
                return slotClasses[slot];
            }
        }

        return null;
    }

    /// <summary>The name of a field or method.</summary>
    public string SymbolName(ulong id)
    {
        if (!fieldNames.TryGetValue(id, out var name))
        {
            fieldNames.Add(id, name = outline.Symbols.Find(id) ?? $"0x{id:x}");
        }

        return name;
    }

    /// <summary>The name of a class that may not be dumped itself; null where it was never told.</summary>
    public string? Name(ulong id) =>
        outline.ClassNames.TryGetValue(id, out var symbol) && outline.Symbols.Find(symbol) is { } name
            ? JavaClassName.Decode(name.Replace('/', '.'))
            : null;

    /// <summary>The name of the field that is one of a class's <see cref="JavaClass.ReferenceOffsets"/>.</summary>
    public string ReferenceFieldName(JavaClass of, int reference)
    {
        foreach (var declaring in of.Lineage())
        {
            foreach (var field in declaring.Fields)
            {
                if (field.Type is BasicType.Object or 1 && reference-- == 0)
                {
                    return SymbolName(field.Name);
                }
            }
        }

        return "?";
    }

    /// <summary>Where in an instance's data a field stands, or -1.</summary>
    public int OffsetOf(JavaClass of, string fieldName)
    {
        var offset = 0;
        foreach (var declaring in of.Lineage())
        {
            foreach (var field in declaring.Fields)
            {
                if (SymbolName(field.Name) == fieldName)
                {
                    return offset;
                }

                offset += BasicType.Size(field.Type, outline.IdSize);
            }
        }

        return -1;
    }

    /// <summary>Lets no class of a damaged dump extend itself.</summary>
    /// <returns>How many did.</returns>
    private int BreakCycles()
    {
        var cycles = 0;
        var walkOfClass = new int[classes.Count];
        for (var i = 0; i < classes.Count; i++)
        {
            var at = classes[i];
            while (walkOfClass[at.Index] == 0)
            {
                walkOfClass[at.Index] = i + 1;
                if (at.SuperClass is not { } above)
                {
                    break;
                }

                if (walkOfClass[above.Index] == i + 1)
                {
                    at.SuperClass = null;
                    cycles++;
                    break;
                }

                at = above;
            }
        }

        return cycles;
    }

    private void LayOut(JavaClass one, HprofLimits limits)
    {
        var offset = 0;
        references.Clear();
        foreach (var declaring in one.Lineage())
        {
            foreach (var field in declaring.Fields)
            {
                if (field.Type is BasicType.Object or 1)
                {
                    if (declaring.Name == "java.lang.ref.Reference" && SymbolName(field.Name) == "referent")
                    {
                        one.Referent = references.Count;
                    }

                    references.Add(offset);
                }

                offset += BasicType.Size(field.Type, outline.IdSize);
            }

            if (offset > limits.MaxInstanceBytes || references.Count > roomForReferences)
            {
                withoutFields++;
                one.Referent = -1;
                one.DataBytes = -1;
                return;
            }

            switch (declaring.Name)
            {
                case "java.lang.ref.SoftReference":
                    one.ReferentStrength = ReferenceStrength.Soft;
                    break;
                case "java.lang.ref.FinalReference":
                    one.ReferentStrength = ReferenceStrength.Finalizer;
                    break;
                case "java.lang.ref.PhantomReference":
                    one.ReferentStrength = ReferenceStrength.Phantom;
                    break;
                case "java.lang.Thread":
                    one.IsThread = true;
                    break;
            }
        }

        if (one.ReferentStrength == ReferenceStrength.Strong)
        {
            one.ReferentStrength = ReferenceStrength.Weak;
        }

        roomForReferences -= references.Count;
        one.ReferenceOffsets = [.. references];
        one.DataBytes = offset;
    }

    private void BuildSlots()
    {
        var capacity = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(classes.Count * 2 + 1));
        slots = new ulong[capacity];
        slotClasses = new JavaClass[capacity];
        foreach (var one in classes)
        {
            if (one.Id == 0)
            {
                continue;
            }

            var slot = Slot(one.Id);
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & (capacity - 1);
            }

            slots[slot] = one.Id;
            slotClasses[slot] = one;
        }
    }

    private int Slot(ulong id) => (int)(id * 0x9E3779B97F4A7C15 >> 40) & (slots.Length - 1);
}
