using System.Globalization;
using System.Text;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Tests.Processes;

public class MetricsPageTests
{
    [Theory]
    [InlineData("http_requests_total=10 http_client_requests_total=99", "http_requests_total")]
    [InlineData("promhttp_metric_handler_requests_total=9 gin_requests_total=3", "gin_requests_total")]
    [InlineData(
        "http_request_duration_seconds_count=7 http_request_duration_seconds_sum=700",
        "http_request_duration_seconds_count"
    )]
    [InlineData("grpc_server_handled_total=5 grpc_server_started_total=6", "grpc_server_started_total")]
    [InlineData("requests=5 api.requests.served=4", "api.requests.served")]
    [InlineData("TotalRequests=5", "TotalRequests")]
    [InlineData("http_requests_in_flight=5 failed_requests_total=4 requests_errors_total=1", null)]
    [InlineData("go_goroutines=5 process_cpu_seconds_total=4", null)]
    public void The_counter_of_requests_is_told_from_its_neighbours(string counters, string? chosen) =>
        RequestCounter
            .Choose(
                counters
                    .Split(' ')
                    .Select(c => c.Split('='))
                    .Select(c => KeyValuePair.Create(c[0], double.Parse(c[1], CultureInfo.InvariantCulture)))
            )
            .ShouldBe(chosen);

    [Fact]
    public void A_page_of_metrics_is_added_up_by_name_whatever_its_labels_hold()
    {
        var page = MetricsPage.Parse(
            Encoding.UTF8.GetBytes(
                """
                # HELP a_total with "quotes} and braces{
                a_total{path="/{x}",name="say \"}\" 7"} 3
                a_total 4 1700000000000
                b NaN
                c +Inf
                <html> 5
                9lives 1
                broken{never="closed 2
                """
            )
        );

        page["a_total"].ShouldBe(7);
        page["c"].ShouldBeNull();
        page["9lives"].ShouldBeNull();
        page["broken"].ShouldBeNull();
        page.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(
        "# TYPE http_server_requests_seconds summary\nhttp_server_requests_seconds_count{method=\"GET\",uri=\"/a\"} 40.0\nhttp_server_requests_seconds_count{uri=\"/b\"} 2.0\nhttp_server_requests_seconds_sum{uri=\"/b\"} 9.0\nhttp_client_requests_seconds_count{uri=\"/x\"} 900.0\n",
        "http_server_requests_seconds_count",
        42.0
    )]
    [InlineData(
        "http_requests_total 7 1700000000000\nhttp_failures_total 3\nhttp_requests_failed_total 2\n",
        "http_requests_total",
        7.0
    )]
    [InlineData("jetty_requests_total{a=\"}\"} 5\n", "jetty_requests_total", 5.0)]
    [InlineData(
        "http_requests_total{path=\"/metrics\"} 50\nhttp_requests_total{path=\"/debug/pprof/heap\"} 50\nhttp_requests_total{path=\"/a\"} 3\n",
        "http_requests_total",
        3.0
    )]
    [InlineData("process_cpu_seconds_total 3\njvm_threads_live 20\n", null, null)]
    public void Requests_are_found_on_a_page_of_metrics(string page, string? counter, double? count)
    {
        var found = MetricsPage.Parse(Encoding.UTF8.GetBytes(page));
        found.FindRequests().ShouldBe(counter);
        (counter is null ? null : found[counter]).ShouldBe(count);
    }
}
