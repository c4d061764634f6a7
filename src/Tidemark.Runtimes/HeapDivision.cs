using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes;

/// <summary>How a part of the heap is divided, as the runtime or the allocator tells it: evidence for a heap that is fragmented.</summary>
/// <param name="Finding">What was found, as a sentence without its stop.</param>
/// <param name="Value">The figure that matters most in it.</param>
/// <param name="Unit">Of the figure, such as <c>bytes</c>.</param>
/// <param name="Remedy">What helps against just this; null where nothing beyond the usual does.</param>
public sealed record HeapDivision(string Finding, double Value, string Unit, Remedy? Remedy = null);
