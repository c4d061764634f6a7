using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes.Jvm;

namespace Tidemark.Runtimes.Tests.Jvm;

/// <summary>Faults whose holders frameworks make hard to tell, in a program of our own that holds them in the same ways. A real JVM dumps it twice.</summary>
public sealed class HoldersTests(HoldersDump dump) : IClassFixture<HoldersDump>
{
    [Theory]
    // What static fields of two classes hold together has the class loader's list of classes for its dominator.
    [InlineData("shop.Registry.byName", "static-map")]
    [InlineData("ThreadLocal shop.Context.CURRENT", "thread-local")]
    [InlineData("shop.Gate.opened", "unfinished-future")]
    [InlineData("local of shop.Exporter.run in thread exporter", "growing-list")]
    // Each session has a handful of entries: it is the sessions that pile up, and no user's field holds them.
    [InlineData("org.apache.desk.ServiceDesk.sessions", "growing-map")]
    [InlineData("com.sun.jmx.mbeanserver", "mbean")]
    [InlineData("shop.RuleEngine.rules", "static-list")]
    public void Each_pile_is_told_by_what_holds_it(string holder, string pattern)
    {
        foreach (var suspects in new[] { dump.Grown, dump.Alone })
        {
            var suspect = suspects.First(s =>
                s.Subject.Contains($" in {holder}") || s.Subject.Contains($" in static {holder}")
            );
            suspect.Pattern.ShouldBe(pattern);
            suspects.ToList().IndexOf(suspect).ShouldBeLessThan(8);
        }
    }

    [Fact]
    public void What_every_JVM_has_from_its_start_on_is_no_answer() =>
        dump.Alone.ShouldAllBe(s =>
            !s.Subject.Contains("ZipFile") && !s.RootPath!.Any(p => p.Contains("<resolved_references>"))
        );

    [Fact]
    public void Threads_that_do_not_end_are_told_by_where_they_are()
    {
        var suspect = dump.Grown.Single(s => s.Pattern == "threads");

        suspect.Subject.ShouldStartWith("java.lang.Thread in thread waiter-");
        suspect.Subject.ShouldEndWith(", at shop.Waiter.run");
        suspect.GrowthCount.ShouldBe(50);
    }

    [Fact]
    public void Classes_that_were_made_by_the_dozen_are_told_as_one() =>
        dump.Grown.ShouldContain(s => s.Subject.StartsWith("shop.Rule* in static shop.RuleEngine.rules"));
}

/// <summary>Compiles and runs the program, and reads its dumps.</summary>
public sealed class HoldersDump : IDisposable
{
    private const string Source = """
        package shop;

        import com.sun.management.HotSpotDiagnosticMXBean;
        import java.lang.management.ManagementFactory;
        import java.util.*;
        import java.util.concurrent.*;
        import javax.management.ObjectName;

        class Logger { final byte[] settings = new byte[200]; final Registry registry; Logger(Registry r) { registry = r; } }
        class Registry { final Map<String, Logger> byName = new HashMap<>(); }
        class Holder { static final Registry ONE = new Registry(); }
        class Selector { static Registry chosen = Holder.ONE; }
        class Context { static final ThreadLocal<Map<String, byte[]>> CURRENT = ThreadLocal.withInitial(HashMap::new); }
        class Gate {
            final CompletableFuture<String> opened = new CompletableFuture<>();
            void enter(int i) { byte[] body = new byte[150]; opened.thenApply(s -> s + i).thenAccept(s -> System.out.println(s + body.length)); }
        }
        class Exporter implements Runnable {
            final BlockingQueue<byte[]> rows = new SynchronousQueue<>();
            public void run() {
                List<byte[]> all = new ArrayList<>();
                try { while (true) all.add(rows.take()); } catch (InterruptedException e) { System.out.println(all.size()); }
            }
        }
        class Waiter implements Runnable {
            final byte[] inbox = new byte[4000];
            public void run() { java.util.concurrent.locks.LockSupport.park(); System.out.println(inbox.length); }
        }
        class RuleEngine { static final List<Object> rules = new LinkedList<>(); }

        public class Shop {
            public interface StatsMBean { int getCount(); }
            public static class Stats implements StatsMBean { final byte[] histogram = new byte[2000]; public int getCount() { return 1; } }

            public static void main(String[] arguments) throws Exception {
                Gate gate = new Gate();
                Exporter exporter = new Exporter();
                Thread thread = new Thread(exporter, "exporter");
                thread.setDaemon(true);
                thread.start();
                org.apache.desk.ServiceDesk desk = new org.apache.desk.ServiceDesk();
                ExecutorService pool = Executors.newFixedThreadPool(3, r -> { Thread t = new Thread(r); t.setDaemon(true); return t; });
                List<byte[]> classes = Rules.all();
                for (int round = 0, k = 0; round < 2; round++) {
                    for (int i = 0; i < 4000; i++, k++) {
                        final int number = k;
                        Holder.ONE.byName.put("logger " + k, new Logger(Holder.ONE));
                        pool.submit(() -> Context.CURRENT.get().put("request " + number, new byte[250])).get();
                        gate.enter(k);
                        exporter.rows.put(new byte[300]);
                        if (i % 4 == 0) desk.open(k);
                        if (i % 20 == 0) ManagementFactory.getPlatformMBeanServer().registerMBean(new Stats(), new ObjectName("shop:id=" + k));
                        if (i % 80 == 0) { Thread waiter = new Thread(new Waiter(), "waiter-" + k); waiter.setDaemon(true); waiter.start(); }
                        if (i % 80 == 0) RuleEngine.rules.add(Rules.load(classes.get(k / 80)));
                    }
                    Thread.sleep(200);
                    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(arguments[0] + (round + 1) + ".hprof", true);
                }
                System.out.println(gate.opened.isDone() + " " + desk.hashCode());
            }
        }
        """;

    private const string Rules = """
        package shop;

        import java.nio.charset.StandardCharsets;
        import java.util.*;

        /// Classes Rule0 to Rule99, made of one class file whose name has room for two digits.
        class Rules extends ClassLoader {
            private final byte[] code;
            private Rules(byte[] code) { super(Rules.class.getClassLoader()); this.code = code; }
            static List<byte[]> all() throws Exception {
                byte[] template = Rules.class.getResourceAsStream("RuleNN.class").readAllBytes();
                String text = new String(template, StandardCharsets.ISO_8859_1);
                List<byte[]> made = new ArrayList<>();
                for (int i = 0; i < 100; i++) made.add(text.replace("RuleNN", String.format("Rule%02d", i)).getBytes(StandardCharsets.ISO_8859_1));
                return made;
            }
            static Object load(byte[] code) throws Exception { Rules one = new Rules(code); return one.defineClass(null, one.code, 0, code.length).getConstructor().newInstance(); }
        }
        """;

    private const string Rule =
        "package shop; public class RuleNN { public final Object[] steps = new Object[10]; public RuleNN() { for (int i = 0; i < 10; i++) steps[i] = new byte[400]; } }";

    // A library's class: it stands in a library's package.
    private const string Desk = """
        package org.apache.desk;

        import java.util.*;

        public class ServiceDesk {
            final Map<String, List<byte[]>> sessions = new java.util.concurrent.ConcurrentHashMap<>();
            public void open(int k) { List<byte[]> one = new ArrayList<>(); for (int i = 0; i < 6; i++) one.add(new byte[150]); sessions.put("session " + k, one); }
        }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-holders-").FullName;

    public HoldersDump()
    {
        Write("org/apache/desk/ServiceDesk.java", Desk);
        Write("shop/Shop.java", Source);
        Write("shop/Rules.java", Rules);
        Write("shop/RuleNN.java", Rule);
        string[] sources = ["org/apache/desk/ServiceDesk", "shop/Shop", "shop/Rules", "shop/RuleNN"];
        JavaProgram.Run("javac", ["-nowarn", "-d", folder, .. sources.Select(s => $"{folder}/{s}.java")]);
        JavaProgram.Run("java", ["-Xmx300m", "-cp", folder, "shop.Shop", $"{folder}/dump-"]);

        var (first, last) = (Read("dump-1.hprof"), Read("dump-2.hprof"));
        Alone = HeapSuspects.Find(last, JvmKnowledge.Value);
        Grown = HeapSuspects.Find(HeapDiff.Between([first, last]), JvmKnowledge.Value);
    }

    /// <summary>From the second dump.</summary>
    public IReadOnlyList<Suspect> Alone { get; }

    /// <summary>From both.</summary>
    public IReadOnlyList<Suspect> Grown { get; }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private HeapGraph Read(string name) => JavaProgram.ReadDump(Path.Combine(folder, name));
}
