using Tidemark.Runtimes.Jvm;

namespace Tidemark.Runtimes.Tests.Jvm;

public class HeapInfoTests
{
    [Fact]
    public void Serial_adds_its_generations_up_and_leaves_classes_out()
    {
        const string text = """
             def new generation   total 92160K, used 3221K [0x00000000ed400000, 0x00000000f3800000, 0x00000000f3800000)
              eden space 81920K,   3% used [0x00000000ed400000, 0x00000000ed7257d8, 0x00000000f2400000)
             tenured generation   total 204800K, used 35423K [0x00000000f3800000, 0x0000000100000000, 0x0000000100000000)
               the space 204800K,  17% used [0x00000000f3800000, 0x00000000f5a97fe8, 0x00000000f5a98000, 0x0000000100000000)
             Metaspace       used 244K, committed 448K, reserved 1114112K
              class space    used 7K, committed 128K, reserved 1048576K
            """;

        HeapInfo
            .Parse(text)
            .ShouldBe(new HeapInfo((3221 + 35423) << 10, (92160 + 204800) << 10, 0xed400000, 0x100000000));
    }

    [Theory]
    [InlineData(
        " garbage-first heap   total 130048K, used 40133K [0x00000000ed400000, 0x0000000100000000)\n  region size 1024K, 3 young (3072K)",
        40133L << 10,
        130048L << 10,
        0xed400000
    )]
    [InlineData(
        " PSYoungGen      total 89600K, used 3032K [0x00000000f9c00000, 0x0000000100000000, 0x0000000100000000)\n  eden space 76800K, 3% used [0x00000000f9c00000,0x00000000f9ef61d8,0x00000000fe700000)",
        3032L << 10,
        89600L << 10,
        0xf9c00000
    )]
    [InlineData(
        "Shenandoah Heap\n 300M max, 300M soft max, 300M committed, 46048K used\nReserved region:\n - [0x00000000ed400000, 0x0000000100000000) ",
        46048L << 10,
        300L << 20,
        0xed400000
    )]
    [InlineData(
        " ZHeap           used 124M, capacity 300M, max capacity 300M\n Metaspace       used 235K, committed 448K, reserved 1114112K",
        124L << 20,
        300L << 20,
        0L
    )]
    [InlineData("", 0L, 0L, 0L)]
    public void Every_collector_is_understood(string text, long used, long committed, long from)
    {
        var heap = HeapInfo.Parse(text);

        (heap.Used, heap.Committed, heap.From).ShouldBe((used, committed, (ulong)from));
    }
}
