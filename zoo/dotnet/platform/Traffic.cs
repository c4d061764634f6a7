using System.Diagnostics;

namespace Acme.Platform;

/// <summary>Sends requests to the service at a steady or a changing rate.</summary>
public sealed class Traffic : IDisposable
{
    private readonly HttpClient client;

    public Traffic(Uri address, CancellationToken stopping)
    {
        client = new HttpClient { BaseAddress = address };
        Stopping = stopping;
        Random = new Random(20);
    }

    public CancellationToken Stopping { get; }

    public Random Random { get; }

    /// <summary>Requests as many as <paramref name="perSecond"/> says for the time since the start, until the service stops.</summary>
    /// <param name="perSecond">Requests a second, by the seconds since the start.</param>
    /// <param name="path">The next path to ask for.</param>
    public async Task SendAsync(Func<double, double> perSecond, Func<long, string> path)
    {
        var started = Stopwatch.GetTimestamp();
        var due = 0.0;
        var last = 0.0;
        for (long number = 0; !Stopping.IsCancellationRequested; )
        {
            var now = Stopwatch.GetElapsedTime(started).TotalSeconds;
            due += (now - last) * perSecond(now);
            last = now;
            for (; due >= 1; due--)
            {
                using var answer = await client.GetAsync(path(number++), Stopping);
                await answer.Content.ReadAsByteArrayAsync(Stopping);
            }

            await Task.Delay(20, Stopping);
        }
    }

    public void Dispose() => client.Dispose();
}
