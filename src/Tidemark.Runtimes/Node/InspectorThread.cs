using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidemark.Runtimes.Node;

/// <summary>One JavaScript thread of the target, as the inspector shows it: calls with their answers, and notifications.</summary>
/// <param name="name">How it is told from the others in captures.</param>
/// <param name="send">Carries a message to it.</param>
internal sealed class InspectorThread(string name, Func<string, CancellationToken, Task> send)
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> pending = new();
    private int lastId;
    private Exception? ended;

    public string Name { get; } = name;

    /// <summary>Gets what the thread says without being asked: the method's name and its parameters.</summary>
    public Action<string, JsonElement>? Notified { get; set; }

    /// <summary>Calls a method of the DevTools protocol.</summary>
    /// <returns>Its result.</returns>
    /// <exception cref="InspectorException">The target refused.</exception>
    /// <exception cref="IOException">The connection has ended.</exception>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    public async Task<JsonElement> CallAsync(
        string method,
        JsonObject? parameters,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        var id = Interlocked.Increment(ref lastId);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        pending[id] = answer;
        try
        {
            if (ended is not null)
            {
                throw new IOException(ended.Message, ended);
            }

            var message = new JsonObject
            {
                ["id"] = id,
                ["method"] = method,
                ["params"] = parameters ?? [],
            };
            await send(message.ToJsonString(), cancellation);
            return await answer.Task.WaitAsync(patience, cancellation);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{method} was not answered within {patience.TotalSeconds:0} s", e);
        }
        finally
        {
            pending.TryRemove(id, out _);
        }
    }

    /// <summary>Evaluates an expression; what it gives, awaited where it is a promise.</summary>
    /// <exception cref="InspectorException">It threw.</exception>
    public async Task<JsonElement> EvaluateAsync(string expression, TimeSpan patience, CancellationToken cancellation)
    {
        var result = await CallAsync(
            "Runtime.evaluate",
            new JsonObject
            {
                ["expression"] = expression,
                ["includeCommandLineAPI"] = true,
                ["returnByValue"] = true,
                ["awaitPromise"] = true,
                ["silent"] = true,
            },
            patience,
            cancellation
        );
        if (result.TryGetProperty("exceptionDetails", out var thrown))
        {
            throw new InspectorException(Thrown(thrown));
        }

        return result.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    /// <summary>Takes a message that came from the thread.</summary>
    public void Receive(JsonElement message)
    {
        if (message.TryGetProperty("id", out var id))
        {
            if (pending.TryGetValue(id.GetInt32(), out var answer))
            {
                if (message.TryGetProperty("error", out var error))
                {
                    answer.TrySetException(
                        new InspectorException(error.GetProperty("message").GetString() ?? "refused")
                    );
                }
                else
                {
                    answer.TrySetResult(message.GetProperty("result").Clone());
                }
            }
        }
        else if (message.TryGetProperty("method", out var method))
        {
            Notified?.Invoke(
                method.GetString() ?? "",
                message.TryGetProperty("params", out var parameters) ? parameters : default
            );
        }
    }

    /// <summary>No answer will come any more.</summary>
    public void End(Exception reason)
    {
        ended = reason;
        foreach (var answer in pending.Values)
        {
            answer.TrySetException(new IOException(reason.Message, reason));
        }
    }

    private static string Thrown(JsonElement details) =>
        details.TryGetProperty("exception", out var exception)
        && exception.TryGetProperty("description", out var description)
            ? (description.GetString() ?? "").Split('\n')[0]
            : "an exception was thrown";
}

/// <summary>The target refused a call of the DevTools protocol, or the script threw.</summary>
internal sealed class InspectorException(string message) : Exception(message);
