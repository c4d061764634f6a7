using System.CommandLine;

namespace Tidemark.Cli;

/// <summary>The examples that <c>tidemark COMMAND --help</c> shows; the list of all commands shows one line of each and no examples.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string> OfCommand = new(StringComparer.Ordinal)
    {
        ["demo"] = """
            tidemark demo                              a .NET service: needs nothing but the SDK
            tidemark demo go                           a Go service
            tidemark demo jvm --case steady-orders     another one of the zoo: a healthy one
            """,
        ["diagnose"] = """
            tidemark diagnose --pid 4242                       a process on this machine
            tidemark diagnose --url http://localhost:6060      a Go service by its pprof endpoint
            tidemark diagnose --for 10m -- ./server --port 80  starts the service, and stops it afterwards
            tidemark diagnose --pid 4242 --max-pause 500ms     nothing that stops the service for longer
            tidemark diagnose --resume tidemark-server-1305    goes on with a case, or analyses what it has
            """,
        ["check"] = """
            tidemark check --csv history.csv                   one process, or a directory of such files
            tidemark check --csv panel.csv                     a column for each process: Grafana's "Download CSV"
            tidemark check --pid 4242 --for 10m                a process on this machine
            tidemark check --prometheus http://localhost:9090 --selector '{namespace="shop"}'
            tidemark check --prometheus http://localhost:9090 --query 'process_resident_memory_bytes{job="cart"}' --for 7d
            tidemark check --print-rules > tidemark.rules.yaml
            """,
        ["capture"] = """
            tidemark capture --pid 4242 -o heap.hprof
            tidemark capture --url http://localhost:6060 -o heap.pb.gz
            """,
        ["report"] = """
            tidemark report heap.hprof -o report.html
            tidemark report base.pb.gz now.pb.gz               the growth as a flame graph
            """,
        ["top"] = """
            tidemark top heap.pb.gz                            functions by what they hold
            tidemark top heap.pb.gz --sample-type alloc_space --cum
            tidemark top heap.hprof                            types and the objects that hold the most
            """,
        ["histogram"] = """
            tidemark histogram heap.hprof
            tidemark histogram app.heapsnapshot --top 100 --format json
            """,
        ["dominators"] = """
            tidemark dominators heap.hprof
            tidemark dominators app.heapsnapshot --top 50
            """,
        ["suspects"] = """
            tidemark suspects heap.hprof
            tidemark suspects app.heapsnapshot --format markdown
            """,
        ["paths"] = """
            tidemark paths heap.hprof com.acme.Session         who holds the objects of a type
            tidemark paths app.heapsnapshot @4711              or one object
            """,
        ["list"] = """
            tidemark list heap.pb.gz 'main\.\(\*Store\)\.Put'
            tidemark list heap.pb.gz Put --source ~/src/shop
            """,
        ["tree"] = """
            tidemark tree heap.pb.gz
            tidemark tree heap.pb.gz --nodecount 20
            """,
        ["peek"] = """
            tidemark peek heap.pb.gz Put
            """,
        ["diff"] = """
            tidemark diff base.pb.gz now.pb.gz                 functions by what they gained
            tidemark diff before.hprof after.hprof             types and holding paths that grew
            tidemark diff one.heapsnapshot two.heapsnapshot three.heapsnapshot
            """,
        ["convert"] = """
            tidemark convert jeprof.1.0.f.heap -o heap.pb.gz   then: go tool pprof heap.pb.gz
            """,
        ["python-agent"] = """
            tidemark python-agent > /srv/agent/tidemark_agent.py
            """,
    };

    /// <summary>Adds to each command its examples, where one command was asked for.</summary>
    public static void AddTo(RootCommand root, string[] arguments)
    {
        if (
            arguments is [var name, ..]
            && OfCommand.TryGetValue(name, out var examples)
            && root.Subcommands.FirstOrDefault(c => c.Name == name) is { } command
        )
        {
            command.Description += "\n\n  " + examples.ReplaceLineEndings("\n  ");
        }
    }
}
