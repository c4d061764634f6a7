using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Captures;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Tests;

public class ServerCaseTests
{
    [Theory]
    [InlineData("native", "redis-server", "maxmemory")]
    [InlineData("native", "postgres", "pg_log_backend_memory_contexts")]
    [InlineData("native", "mariadbd", "performance_schema")]
    [InlineData("native", "beam.smp", "erlang:memory")]
    [InlineData("native", "my-redis-server-proxy", null)]
    [InlineData("go", "prometheus", "tsdb-status")]
    public void A_server_of_others_is_known_by_its_name(string runtime, string name, string? next)
    {
        var server = ServerCase.Of(name, KnownRuntimes.KnowledgeOf(runtime));

        if (next is null)
        {
            server.ShouldBeNull();
            return;
        }

        server.ShouldNotBeNull().Next.ShouldContain(next);
    }

    [Fact]
    public void New_keys_make_a_cache_and_a_longer_value_does_not()
    {
        var server = ServerCase.Of("redis-server", KnownRuntimes.KnowledgeOf("native"))!;

        var keys = ServerCase.Advise([Of("_sdsnewlen", "main"), Of("dictAddRaw", "dbAdd", "setKey")], server);
        var list = ServerCase.Advise([Of("lpNew", "rpushCommand", "main")], server);

        keys.ShouldAllBe(s => s.IsCache && s.Pattern == "unbounded-cache" && s.Advice == server.Next);
        list.ShouldAllBe(s => !s.IsCache && s.Pattern == "allocation-site" && s.Advice == server.Next);
    }

    private static Suspect Of(params string[] stack) =>
        new(
            $"memory allocated in {stack[0]}",
            "allocation-site",
            1000,
            10,
            0.5,
            new CodeSite(stack[0], null, null),
            [.. stack.Select(f => new CodeSite(f, null, null))],
            null,
            stack[0],
            "a profile tells who allocates"
        );
}
