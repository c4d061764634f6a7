using Tidemark.Formats.Clr;

namespace Tidemark.Formats.NetTrace;

/// <summary>A trace of a .NET process that holds a heap dump (<c>.nettrace</c>), as Tidemark captures it or dotnet-trace collects it.</summary>
public sealed class NetTraceFormat : IDumpFormat
{
    public string Name => "nettrace";

    public string Title => ".NET heap dump (nettrace)";

    public bool Recognises(DumpHead head) => head.Content.StartsWith(NetTraceReader.Magic);

    public Snapshot Read(DumpFile file, ReadContext context) => new ClrHeapReader(file, context).Read();
}
