using System.Buffers;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ProxyService.Limits;
using GeminiBalance.ProxyService.OpenAi;
using Microsoft.Extensions.Caching.Memory;
using Polly;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary><c>GET /v1/usage</c>: what the holder of an access key has used, today and this month (UTC), and its limits. Nothing of anybody else.</summary>
/// <param name="authenticator">Finds out who asks.</param>
/// <param name="services">Makes a client per call, as typed clients want it.</param>
/// <param name="cache">Keeps answers for a few seconds: a holder who asks all the time does not burden the statistics.</param>
/// <param name="time">The clock.</param>
internal sealed class UsageEndpoint(AccessKeyAuthenticator authenticator, IServiceProvider services, UsageCache cache, TimeProvider time)
{
    private static readonly OpenAiError Away = new(
        StatusCodes.Status503ServiceUnavailable, OpenAiErrorTypes.Server, "usage_unavailable", "The usage figures cannot be read at the moment. Requests are served and counted all the same.", RetryAfter: TimeSpan.FromSeconds(10));

    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await ErrorResponses.WriteAsync(context, OpenAiError.WrongMethod(context.Request.Method, context.Request.Path, HttpMethods.Get), HttpMethods.Get).ConfigureAwait(false);
            return;
        }

        if (authenticator.Authenticate(context, acceptsQuery: false, out var holder) is { } refused)
        {
            await ErrorResponses.WriteAsync(context, refused).ConfigureAwait(false);
            return;
        }

        if (await ReadAsync(holder!, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            await ErrorResponses.WriteAsync(context, Away).ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private async Task<byte[]?> ReadAsync(PoolAccessKey holder, CancellationToken cancellationToken)
    {
        if (cache.Find(holder) is { } known)
        {
            return known;
        }

        var now = time.GetUtcNow();
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var month = new DateTimeOffset(today.Year, today.Month, 1, 0, 0, 0, TimeSpan.Zero);
        try
        {
            var client = services.GetRequiredService<UsageClient>();
            if (await client.ByModelAsync(holder.Id, today, today.AddDays(1), cancellationToken).ConfigureAwait(false) is { } day
                && await client.ByModelAsync(holder.Id, month, month.AddMonths(1), cancellationToken).ConfigureAwait(false) is { } whole)
            {
                var body = Write(holder, day, whole);
                cache.Keep(holder, body);
                return body;
            }
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or ExecutionRejectedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Told to the client; the log has it from the client's handler.
        }

        return null;
    }

    private static byte[] Write(PoolAccessKey holder, Usage day, Usage month)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("object", "usage");
            json.WriteString("name", holder.Name);
            WriteNullable(json, "expires_at", holder.ExpiresAt?.ToUnixTimeSeconds());
            json.WriteStartObject("limits");
            var limits = holder.Limits ?? new AccessKeyLimits();
            WriteNullable(json, "requests_per_minute", limits.RequestsPerMinute);
            WriteNullable(json, "tokens_per_minute", limits.TokensPerMinute);
            WriteNullable(json, "requests_per_day", limits.RequestsPerDay);
            WriteNullable(json, "tokens_per_day", limits.TokensPerDay);
            WriteNullable(json, "tokens_per_month", limits.TokensPerMonth);
            WriteNullable(json, "cost_per_day_usd", limits.CostPerDay);
            WriteNullable(json, "cost_per_month_usd", limits.CostPerMonth);
            WriteNullable(json, "concurrency", limits.Concurrency);
            json.WriteEndObject();
            WriteRange(json, "today", day);
            WriteRange(json, "month", month);
            json.WriteNumber("lag_seconds", Math.Round(month.LagSeconds, 1));
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteRange(Utf8JsonWriter json, string name, Usage usage)
    {
        json.WriteStartObject(name);
        json.WriteNumber("from", usage.From.ToUnixTimeSeconds());
        json.WriteNumber("to", usage.To.ToUnixTimeSeconds());
        WriteCounts(json, usage.Total);
        json.WriteStartArray("models");
        foreach (var row in usage.Rows)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Group ?? "");
            WriteCounts(json, row.Counts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, UsageCounts counts)
    {
        json.WriteNumber("requests", counts.Requests);
        json.WriteNumber("succeeded", counts.Succeeded);
        json.WriteNumber("input_tokens", counts.PromptTokens);
        json.WriteNumber("output_tokens", counts.CompletionTokens + counts.ThoughtTokens);
        json.WriteNumber("total_tokens", counts.TotalTokens);
        WriteNullable(json, "cost_usd", counts.CostUsd is { } cost ? (decimal)Math.Round(cost, 6) : null);
    }

    private static void WriteNullable(Utf8JsonWriter json, string name, decimal? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}

/// <summary>Answers of the last seconds, by access key. Bounded.</summary>
internal sealed class UsageCache : IDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);
    private readonly MemoryCache cache = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    /// <summary>The answer, while it is fresh and the key is as it was.</summary>
    public byte[]? Find(PoolAccessKey holder) => cache.Get<byte[]>(holder);

    /// <summary>Keeps an answer.</summary>
    public void Keep(PoolAccessKey holder, byte[] body) => cache.Set(holder, body, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Kept });

    /// <inheritdoc />
    public void Dispose() => cache.Dispose();
}
