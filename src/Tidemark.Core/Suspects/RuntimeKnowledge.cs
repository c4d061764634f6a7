using System.Text.RegularExpressions;

namespace Tidemark.Core.Suspects;

/// <summary>The role that a collection type plays in a holding path.</summary>
public enum CollectionRole
{
    Map,
    List,
    Set,
    Queue,

    /// <summary>The inner table, bucket, entry or node of one of the others: part of its owner, never a subject of its own.</summary>
    Inner,
}

/// <summary>A type name that is a collection, and its role.</summary>
public sealed record CollectionShape(Regex Type, CollectionRole Role)
{
    /// <summary>
    /// Entries that one object of an inner type stands for: 0 for one that only leads to entries, such as a segment or an index. Of a
    /// collection that has its entries in an array, those that one reference of it stands for: a half where keys and values take turns.
    /// </summary>
    public double Entries { get; init; } = 1;
}

/// <summary>A name that the runtime gives and nobody else uses, and what people say.</summary>
/// <param name="Type">The types.</param>
/// <param name="Words">What they are called.</param>
/// <param name="IsText">True for texts.</param>
public sealed record SpokenType(Regex Type, string Words, bool IsText = false);

/// <summary>A fault that is common in one ecosystem, told by the names on its path or stack.</summary>
/// <param name="Pattern">Its name in kebab case, such as <c>thread-local</c>.</param>
/// <param name="Match">What a root path element, a type or a function must match; its group <c>bound</c>, where it has one, is the most entries that a collection takes.</param>
/// <param name="Advice">What to look for and what to do.</param>
/// <param name="IsCache">True where the fault is a keyed collection without a bound.</param>
/// <param name="Within">The match counts among the last so many steps of a way only, for names that innocent ways pass by too.</param>
public sealed record KnownCulprit(
    string Pattern,
    Regex Match,
    string Advice,
    bool IsCache = false,
    int Within = int.MaxValue
)
{
    /// <summary>The name of the thread whose stack tells why, where there is one such thread.</summary>
    public string? Thread { get; init; }

    /// <summary>True where the match counts as well among what most objects of a pile hold themselves.</summary>
    public bool IsHeld { get; init; }

    /// <summary>The library's functions by which the user's code gets there, where no stack leads from one to the other.</summary>
    public Regex? CalledBy { get; init; }
}

/// <summary>What <see cref="KnownCulprit.Match"/> can be told by beside names of the program.</summary>
public static class CulpritMarks
{
    /// <summary>Objects that each bring a copy of a class, because the module that loaded it stays.</summary>
    public const string CopiesOfClass = "<copies of a class>";

    /// <summary>Texts of which few are different.</summary>
    public const string EqualTexts = "<equal texts>";

    /// <summary>Threads that do not end.</summary>
    public const string Threads = "<threads>";

    /// <summary>Most of it lies outside of the heap, behind objects of this type.</summary>
    public static string Outside(string type) => $"<outside of the heap: {type}>";
}

/// <summary>What a task waits for, told by a function on its stack.</summary>
/// <param name="Function">What the function's name must match.</param>
/// <param name="Words">In words that follow "tasks that", such as <c>wait for a lock</c>.</param>
public sealed record WaitReason(Regex Function, string Words);

/// <summary>What makes a runtime give memory back, or take less of it.</summary>
/// <param name="Action">What to do, such as a setting with its value.</param>
/// <param name="Price">What it costs, and what it does not help against.</param>
public sealed record Remedy(string Action, string Price);

/// <summary>A server that many run and few have written: what its own means say of its memory.</summary>
/// <param name="Name">What the target's name must match.</param>
/// <param name="Next">What to ask it, and what bounds its memory.</param>
/// <param name="Entries">Its functions that put a new entry into what it stores: where they stand above what grows, a cache grows.</param>
public sealed record KnownServer(Regex Name, string Next, Regex? Entries = null);

/// <summary>An entry that is told by what its weak reference leads to.</summary>
/// <param name="Entry">What the type of the entry must match.</param>
/// <param name="Word">What stands before the variable's name, such as <c>ThreadLocal</c>.</param>
public sealed record WeakKey(Regex Entry, string Word);

/// <summary>What is known of one runtime, as data: analysis receives it and never asks for a runtime's name.</summary>
public sealed record RuntimeKnowledge
{
    /// <summary>Types that are collections.</summary>
    public IReadOnlyList<CollectionShape> Collections { get; init; } = [];

    /// <summary>True where every entry refers to what was put in: one that refers to other parts only stands at the beginning of a queue and holds nothing.</summary>
    public bool EntriesReferToContent { get; init; }

    /// <summary>Types and functions that grow by themselves and are never the answer: the runtime's own tables.</summary>
    public IReadOnlyList<Regex> Noise { get; init; } = [];

    /// <summary>Steps of ways to what every process has from its start on: told only where it grows.</summary>
    public IReadOnlyList<Regex> Baseline { get; init; } = [];

    /// <summary>Types that lead to everything, such as a registry for monitoring: any other way tells more.</summary>
    public IReadOnlyList<Regex> Detours { get; init; } = [];

    /// <summary>Types of entries that are told by the variable that their weak reference leads to, and how that is called.</summary>
    public IReadOnlyList<WeakKey> WeakKeys { get; init; } = [];

    /// <summary>Caches that are bounded by design, such as a connection pool or a regular expression cache.</summary>
    public IReadOnlyList<Regex> BenignCaches { get; init; } = [];

    /// <summary>The usual faults, in the order in which they are tried.</summary>
    public IReadOnlyList<KnownCulprit> Culprits { get; init; } = [];

    /// <summary>Functions and types of the runtime and its libraries: the first frame or holder outside of them is the user's code.</summary>
    public IReadOnlyList<Regex> Library { get; init; } = [];

    /// <summary>Functions that only hand memory out, wrappers of the allocator: neither they nor what they call is the user's code.</summary>
    public IReadOnlyList<Regex> Allocators { get; init; } = [];

    /// <summary>Types whose fields are variables of the program, such as what a closure has captured: one that holds another is an owner and no list.</summary>
    public IReadOnlyList<Regex> Scopes { get; init; } = [];

    /// <summary>Files of the runtime itself, as against those of packages: their variables are nobody's.</summary>
    public IReadOnlyList<Regex> OwnFiles { get; init; } = [];

    /// <summary>Types that only those know who wrote the runtime: a pile is not named by such a holder where there is another.</summary>
    public IReadOnlyList<Regex> Insides { get; init; } = [];

    /// <summary>What people say for types that only the runtime has a name for.</summary>
    public IReadOnlyList<SpokenType> Spoken { get; init; } = [];

    /// <summary>What helps against memory that is held and not used, the gentlest first.</summary>
    public IReadOnlyList<Remedy> Fragmentation { get; init; } = [];

    /// <summary>Servers whose source their users do not own.</summary>
    public IReadOnlyList<KnownServer> Servers { get; init; } = [];

    /// <summary>What goroutines and other tasks wait for; asked for each frame from the innermost on.</summary>
    public IReadOnlyList<WaitReason> Waits { get; init; } = [];
}
