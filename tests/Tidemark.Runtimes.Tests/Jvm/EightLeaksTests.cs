using Tidemark.Core.Suspects;
using Tidemark.Runtimes.Jvm;

namespace Tidemark.Runtimes.Tests.Jvm;

/// <summary>
/// The dump that other tools name nothing in: eight faults at once (bench/peers/hprof), of which each must be named by its own field,
/// thread or queue.
/// </summary>
public sealed class EightLeaksTests(ShopDump shop) : IClassFixture<ShopDump>
{
    [Theory]
    [InlineData("static com.acme.session.SessionRegistry.SESSIONS", "com.acme.session.Session", "static-map")]
    [InlineData("com.acme.web.RequestContext.trail", "java.lang.ThreadLocal$ThreadLocalMap.table", "thread-local")]
    [InlineData("com.acme.events.EventBus.listeners", "static com.acme.events.EventBus.SHARED", "listener")]
    [InlineData("finalizer queue", "com.acme.io.NativeHandle", "finalizer-queue")]
    [InlineData("static com.acme.media.ThumbnailCache.CACHE", "byte[]", "unbounded-cache")]
    [InlineData("static com.acme.catalog.Catalog.CATEGORY_NAMES", "java.lang.String", "duplicate-strings")]
    [InlineData("static com.acme.plugins.PluginManager.HISTORY", "com.acme.plugins.ReportPlugin", "class-loader")]
    [InlineData("static com.acme.audit.AuditLog.instance", "com.acme.audit.AuditLog$Record", "static-references")]
    public void Each_is_named_by_what_holds_it(string holder, string held, string pattern)
    {
        var suspect = shop.Suspects.Where(s => s.RootPath!.Contains(holder)).ShouldHaveSingleItem();

        suspect.RootPath!.ShouldContain(held);
        suspect.Pattern.ShouldBe(pattern);
        suspect.Advice.ShouldNotBeEmpty();
        shop.Suspects.ToList().IndexOf(suspect).ShouldBeLessThan(8);
    }

    [Fact]
    public void No_class_loaders_array_is_an_answer() =>
        shop.Suspects.ShouldAllBe(s => !s.RootPath!.Any(step => step.Contains("AppClassLoader")));

    [Fact]
    public void Threads_are_named_with_their_stacks()
    {
        Of("thread-local")
            .Evidence.ShouldContain(e => e.Contains("14 threads") && e.Contains("LinkedBlockingQueue.take"));
        Of("finalizer-queue").Evidence.ShouldContain(e => e.Contains("com.acme.io.NativeHandle.finalize"));
        Of("class-loader").Evidence.ShouldContain(e => e.Contains("3 copies"));
    }

    private Suspect Of(string pattern) => shop.Suspects.Single(s => s.Pattern == pattern);
}

/// <summary>Compiles and runs the program, and reads its dump.</summary>
public sealed class ShopDump : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-shop-").FullName;

    public ShopDump()
    {
        var sources = Path.Combine(FindRoot(), "bench", "peers", "hprof");
        JavaProgram.Run(
            "javac",
            ["-nowarn", "-d", folder, .. Directory.GetFiles(sources, "*.java", SearchOption.AllDirectories)]
        );
        var dump = Path.Combine(folder, "shop.hprof");
        JavaProgram.Run("java", ["-Xmx500m", "-cp", folder, "com.acme.Shop", dump, "1"]);

        Suspects = HeapSuspects.Find(JavaProgram.ReadDump(dump), JvmKnowledge.Value);
    }

    public IReadOnlyList<Suspect> Suspects { get; }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string FindRoot()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Tidemark.slnx")))
        {
            at = Path.GetDirectoryName(at)!;
        }

        return at;
    }
}
