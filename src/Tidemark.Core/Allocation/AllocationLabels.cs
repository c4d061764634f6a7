namespace Tidemark.Core.Allocation;

/// <summary>Labels that captures put on the stacks of a profile, where the runtime or the program's code tells.</summary>
public static class AllocationLabels
{
    /// <summary>What the allocation is for: <c>map assignment</c>, <c>append</c>, <c>new object</c>, ...</summary>
    public const string Operation = "operation";

    /// <summary>The type that is made or filled, such as <c>map[string]*main.Session</c>.</summary>
    public const string Type = "type";

    /// <summary>The variable that holds the collection, such as <c>main.sessions</c>.</summary>
    public const string Variable = "variable";

    /// <summary>The operation of an entry that is added to a keyed collection.</summary>
    public const string MapAssignment = "map assignment";

    /// <summary>The operation of an element that is added to a sequence.</summary>
    public const string Append = "append";
}
