using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace GeminiBalance.StatsService.Live;

/// <summary>Server-sent events to one listener. One that takes nothing for a while is hung up on: nothing waits for it, and nothing is kept for it.</summary>
internal sealed partial class EventStream(HttpContext context, TimeProvider time, ILogger logger, CancellationToken ending)
{
    /// <summary>How long a listener may take for what was sent.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Sends the answer's head.</summary>
    /// <returns>Whether the listener is still there.</returns>
    public Task<bool> OpenAsync()
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        return FlushAsync(ReadOnlyMemory<char>.Empty);
    }

    /// <summary>Says that the stream is alive.</summary>
    /// <returns>Whether the listener is still there.</returns>
    public Task<bool> BeatAsync() => FlushAsync(": heartbeat\n\n".AsMemory());

    /// <summary>Sends events of one kind.</summary>
    /// <param name="kind">The event's name.</param>
    /// <param name="events">What they say, each with an id to go on from, if it has one.</param>
    /// <param name="type">Its JSON.</param>
    /// <returns>Whether the listener is still there.</returns>
    public Task<bool> SendAsync<T>(string kind, IEnumerable<(long? Id, T Data)> events, JsonTypeInfo<T> type) => FlushAsync(string.Concat(events.Select(one =>
        (one.Id is { } id ? string.Create(CultureInfo.InvariantCulture, $"id: {id}\n") : "") + $"event: {kind}\ndata: {JsonSerializer.Serialize(one.Data, type)}\n\n")).AsMemory());

    private async Task<bool> FlushAsync(ReadOnlyMemory<char> text)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ending);
        try
        {
            if (!text.IsEmpty)
            {
                await context.Response.WriteAsync(text.ToString(), either.Token).ConfigureAwait(false);
            }

            await context.Response.Body.FlushAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            LogSlow(Patience);
            context.Abort();
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A listener of the live feed took nothing for {Patience} and is hung up on")]
    private partial void LogSlow(TimeSpan patience);
}
