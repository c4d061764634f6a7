using Acme.Exchange.Books;

namespace Acme.Exchange.Matching;

/// <summary>Takes out the orders that nobody has met for some seconds.</summary>
public sealed class Expiry(BookDirectory books, ILogger<Expiry> log) : BackgroundService
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(8);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var expired = books.All.Sum(b => b.Expire(DateTime.UtcNow - Life));
            log.LogDebug("{Expired} orders expired", expired);
        }
    }
}
