using Tidemark.Core.Suspects;
using Tidemark.Runtimes.Jvm;

namespace Tidemark.Runtimes.Tests.Jvm;

/// <summary>Objects that are small on the heap and large outside of it: what they stand for counts for who holds them.</summary>
public sealed class OutsideHeapTests : IDisposable
{
    private const string Source = """
        import com.sun.management.HotSpotDiagnosticMXBean;
        import java.lang.management.ManagementFactory;
        import java.nio.ByteBuffer;
        import java.util.*;
        import java.util.zip.*;

        public class Outside {
            static final Deque<ByteBuffer> LENT = new ArrayDeque<>();
            static final List<ByteBuffer> VIEWS = new ArrayList<>();
            static final List<Deflater> OPEN = new ArrayList<>();
            static final List<Deflater> ENDED = new ArrayList<>();

            public static void main(String[] arguments) throws Exception {
                for (int i = 0; i < 200; i++) {
                    LENT.add(ByteBuffer.allocateDirect(100_000));
                    VIEWS.add(LENT.getLast().duplicate());
                }
                for (int i = 0; i < 40; i++) {
                    OPEN.add(new Deflater());
                    Deflater ended = new Deflater();
                    ended.end();
                    ENDED.add(ended);
                }
                ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(arguments[0], true);
            }
        }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-outside-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Direct_buffers_and_open_deflaters_count_with_the_memory_behind_them()
    {
        var source = Path.Combine(folder, "Outside.java");
        var dump = Path.Combine(folder, "outside.hprof");
        File.WriteAllText(source, Source);
        JavaProgram.Run("java", source, dump);
        var suspects = HeapSuspects.Find(JavaProgram.ReadDump(dump), JvmKnowledge.Value);

        var (buffers, deflaters) = (suspects[0], suspects[1]);
        buffers.Pattern.ShouldBe("direct-buffer");
        buffers.RootPath![0].ShouldBe("static Outside.LENT");
        buffers.GrowthBytes.ShouldBeInRange(199 * 100_000, 205 * 100_000);
        buffers.Evidence.ShouldContain(e => e.Contains("outside of the heap, behind java.nio.DirectByteBuffer"));
        deflaters.Pattern.ShouldBe("unclosed-resource");
        deflaters.RootPath![0].ShouldBe("static Outside.OPEN");
        deflaters.GrowthBytes.ShouldBeInRange(39 * 256 * 1024, 40 * 280 * 1024);
        suspects.Skip(2).ShouldAllBe(s => s.GrowthBytes < 1 << 20);
    }
}
