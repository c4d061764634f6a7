using Tidemark.Formats.Clr;
using Tidemark.Formats.NetTrace;
using Tidemark.Formats.Tests.Clr;

namespace Tidemark.Formats.Tests.NetTrace;

public class NetTraceReaderTests
{
    private static readonly NetTraceHeader Header = new(
        new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero),
        StartTimestamp: 1_000_000,
        TicksPerSecond: 1_000_000_000,
        PointerSize: 8,
        ProcessId: 4242
    );

    private static readonly NetTraceDefinition Counter = new(
        "System.Runtime",
        -1,
        "EventCounters",
        0,
        [
            new(
                "Payload",
                TypeCode.Object,
                [
                    new("Name", TypeCode.String, []),
                    new("Mean", TypeCode.Double, []),
                    new("Count", TypeCode.Int32, []),
                    new("IntervalSec", TypeCode.Single, []),
                ]
            ),
        ]
    );

    [Fact]
    public void Header_events_and_fields_come_back()
    {
        using var payload = new MemoryStream();
        using var fields = new BinaryWriter(payload, System.Text.Encoding.Unicode);
        fields.Write("gc-committed\0".AsSpan());
        fields.Write(12.5);
        fields.Write(3);
        fields.Write(2f);
        var bytes = Write(w => w.Write(Counter, thread: 9, 2_000_000, payload.ToArray()));

        var reader = new NetTraceReader(new MemoryStream(bytes), "test");
        var seen = 0;
        NetTraceVisitor visitor = (in NetTraceEvent happened) =>
        {
            seen++;
            happened.ThreadId.ShouldBe(9);
            Header.TimeOf(happened.Timestamp).ShouldBe(Header.StartedAt.AddMilliseconds(1));
            happened.Definition.Name.ShouldBe("EventCounters");
            var values = EventFields.Read(happened.Definition, happened.Payload);
            values["Name"].ShouldBe("gc-committed");
            values.Number("Mean").ShouldBe(12.5);
            values.Number("IntervalSec").ShouldBe(2);
            values.Number("Nothing").ShouldBe(double.NaN);
        };
        while (reader.ReadBlock(visitor))
        {
            // On to the next block.
        }

        seen.ShouldBe(1);
        reader.Header.ShouldBe(Header);
        reader.LostEvents.ShouldBe(0);
        reader.Offset.ShouldBe(bytes.Length);
    }

    [Fact]
    public void Dropped_events_are_counted()
    {
        var bytes = Write(w =>
        {
            w.Write(Counter, 9, 2, []);
            w.Write(Counter, 9, 3, [], dropped: 4);
            w.Write(Counter, 10, 3, [], dropped: 2);
        });

        var reader = ReadAll(bytes);

        reader.LostEvents.ShouldBe(6);
        reader.LostEventsOf(9).ShouldBe(4);
        reader.LostEventsOf(10).ShouldBe(2);
    }

    [Fact]
    public void Events_of_our_own_can_be_put_behind_those_of_the_runtime()
    {
        using var stream = new MemoryStream();
        stream.Write(Write(w => w.Write(Counter, 9, 2, [1, 2, 3])));
        var own = new NetTraceDefinition("Tidemark-Test", 1, "Names", 1, []);
        using (var writer = NetTraceWriter.Append(stream))
        {
            writer.Write(own, 0, 3, [4, 5]);
            writer.End();
        }

        var seen = new List<string>();
        HeapTrace.Visit(
            stream.ToArray(),
            (in NetTraceEvent happened) => seen.Add($"{happened.Definition.Provider} {happened.Payload.Remaining}")
        );
        seen.ShouldBe(["System.Runtime 3", "Tidemark-Test 2"]);
    }

    [Fact]
    public void A_later_version_is_named()
    {
        var bytes = new byte[64];
        NetTraceReader.Magic.CopyTo(bytes);
        bytes[12] = 6;

        Refused(bytes).ShouldBe((12, "nettrace version 6 is not read, only 4 and 5; collect it with dotnet-trace"));
    }

    [Fact]
    public void An_absurd_block_is_refused_where_it_stands()
    {
        var bytes = Write(w => w.Write(Counter, 9, 2, []));
        var size = FindBlockSize(bytes);
        BitConverter.TryWriteBytes(bytes.AsSpan(size), int.MaxValue).ShouldBeTrue();

        Refused(bytes)
            .ShouldBe(
                (size, $"a block of {int.MaxValue} bytes, at most {NetTraceLimits.Default.MaxBlockBytes} were expected")
            );
    }

    [Fact]
    public void A_large_block_that_is_not_there_costs_no_memory()
    {
        var bytes = Write(w => w.Write(Counter, 9, 2, []));
        var claimed = NetTraceLimits.Default.MaxBlockBytes;
        BitConverter.TryWriteBytes(bytes.AsSpan(FindBlockSize(bytes)), claimed).ShouldBeTrue();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(bytes);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
    }

    [Theory]
    [InlineData(nameof(NetTraceLimits.MaxDefinitions))]
    [InlineData(nameof(NetTraceLimits.MaxFields))]
    [InlineData(nameof(NetTraceLimits.MaxNameBytes))]
    [InlineData(nameof(NetTraceLimits.MaxBlockBytes))]
    public void Every_limit_rejects(string limit)
    {
        var bytes = Write(w => w.Write(Counter, 9, 2, []));
        var limits = limit switch
        {
            nameof(NetTraceLimits.MaxDefinitions) => new NetTraceLimits { MaxDefinitions = 0 },
            nameof(NetTraceLimits.MaxFields) => new NetTraceLimits { MaxFields = 2 },
            nameof(NetTraceLimits.MaxNameBytes) => new NetTraceLimits { MaxNameBytes = 5 },
            _ => new NetTraceLimits { MaxBlockBytes = 10 },
        };

        Should.Throw<MalformedDumpException>(() => ReadAll(bytes, limits));
    }

    [Fact]
    public void A_stream_that_is_cut_anywhere_names_the_place()
    {
        var bytes = Dump();
        for (var length = 0; length < bytes.Length; length++)
        {
            var damage = Assert.Throws<MalformedDumpException>(() => ReadAll(bytes[..length]));
            Assert.InRange(damage.Offset, 0, length);
        }
    }

    [Fact]
    public void Flipped_bits_are_survived()
    {
        var bytes = Dump();
        var random = new Random(1);
        var read = 0;
        for (var round = 0; round < 1000; round++)
        {
            var damaged = bytes.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                HeapTrace.Read(damaged).Graph.Dominators.TotalBytes.ShouldBeGreaterThanOrEqualTo(0);
                read++;
            }
            catch (MalformedDumpException damage)
            {
                damage.Message.ShouldNotContain("\n");
            }
        }

        read.ShouldBeInRange(1, 999);
    }

    private static byte[] Dump()
    {
        var trace = new HeapTrace()
            .Type(1, "System.String")
            .Type(2, "Acme.Session", 5)
            .Object(0x10000, 2, 24, 0x10020)
            .Object(0x10020, 1)
            .Object(0x10040, 1)
            .Object(0x10060, 1)
            .Static(0x20010, 0x10000, 2, "Last")
            .Root(0x10040)
            .Root(0x10060, source: 0, id: 0x77)
            .Dependent(0x10040, 0x10060);
        trace.Names = new ClrMetadata
        {
            Statics = new Dictionary<ulong, string> { [0x20010] = "Acme.Sessions.Last" },
            UnnamedStatics = [new("Acme.Dog`1", "Items", ClrTypeName.Parse("A`1[!0][]"), true, false)],
        };
        return trace.Dump().Method(0x77, "Acme.Worker", "Run").ToBytes();
    }

    private static (long, string) Refused(byte[] bytes)
    {
        var damage = Should.Throw<MalformedDumpException>(() => ReadAll(bytes));
        return (damage.Offset, damage.Problem);
    }

    private static NetTraceReader ReadAll(byte[] bytes, NetTraceLimits? limits = null)
    {
        var reader = new NetTraceReader(new MemoryStream(bytes), "test", limits);
        while (reader.ReadBlock((in NetTraceEvent _) => { }))
        {
            // On to the next block.
        }

        return reader;
    }

    /// <summary>Where the size of the first block stands: behind its type's name and end mark.</summary>
    private static int FindBlockSize(byte[] bytes) =>
        bytes.AsSpan().IndexOf("MetadataBlock"u8) + "MetadataBlock".Length + 1;

    private static byte[] Write(Action<NetTraceWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = NetTraceWriter.Begin(stream, Header))
        {
            write(writer);
            writer.End();
        }

        return stream.ToArray();
    }
}
