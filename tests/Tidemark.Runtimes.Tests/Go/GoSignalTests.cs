using System.Globalization;
using System.Text;
using Tidemark.Runtimes.Go;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Tests.Go;

public class GoSignalTests
{
    [Fact]
    public void What_client_golang_tells_is_read_from_a_page_of_metrics()
    {
        var page = MetricsPage.Parse(
            "process_resident_memory_bytes 1.5e+08\ngo_gc_gomemlimit_bytes 9.223372036854775e+18\n"u8.ToArray()
        );

        page.Resident.ShouldBe(150_000_000);
        page.MemoryLimit.ShouldBeNull();
        page.Statistics.ShouldBeNull();
    }

    [Fact]
    public void Variables_of_the_service_are_read_beside_the_statistics()
    {
        var variables = GoVariables
            .Parse(
                Encoding.UTF8.GetBytes(
                    """{"cmdline":["app"],"requests":{"GET":3,"POST":4},"memstats":{"HeapAlloc":10,"NumGC":2}}"""
                )
            )
            .ShouldNotBeNull();

        variables.Numbers["requests"].ShouldBe(7);
        variables.Statistics.ShouldNotBeNull().GcCount.ShouldBe(2);
        GoVariables.Parse("<html>"u8.ToArray()).ShouldBeNull();
        GoVariables.Parse("[1]"u8.ToArray()).ShouldBeNull();
    }

    [Theory]
    [InlineData("300MiB", 300.0 * 1024 * 1024)]
    [InlineData("1GiB", 1024.0 * 1024 * 1024)]
    [InlineData("1000", 1000.0)]
    [InlineData("off", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_memory_limit_is_read_as_the_runtime_reads_it(string? text, double? bytes) =>
        MemoryLimit.Parse(text).ShouldBe(bytes);

    [Fact]
    public void Room_that_is_filled_again_is_not_stuck_and_room_that_stays_free_is()
    {
        var room = new StuckRoom();

        // A cycle: the room in spans is filled before new spans are taken; two MB are left at the end.
        Read(room, gc: 1, alloc: 60, inuse: 100);
        Read(room, gc: 1, alloc: 98, inuse: 100);
        room.Bytes.ShouldBe(2);

        // After the next collection 40 MB are free in spans: as much was filled again last time.
        Read(room, gc: 2, alloc: 60, inuse: 100).ShouldBe(38 + 10);

        // Two cycles end with 30 MB that nothing could be put in.
        Read(room, gc: 3, alloc: 70, inuse: 100);
        Read(room, gc: 4, alloc: 70, inuse: 100);
        Read(room, gc: 5, alloc: 70, inuse: 100);
        room.Bytes.ShouldBe(30);
    }

    /// <summary>With 10 MB idle and everything else alive.</summary>
    private static double Read(StuckRoom room, long gc, double alloc, double inuse) =>
        room.ReadReusable(
            new GoMemStats
            {
                GcCount = gc,
                HeapAlloc = alloc,
                HeapInuse = inuse,
                HeapIdle = 15,
                HeapReleased = 5,
            },
            live: alloc
        );
}
