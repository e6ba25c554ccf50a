using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace GeminiBalance.Chaos.Load;

/// <summary>A client of the OpenAI API that never asks twice and writes down what it saw.</summary>
/// <param name="address">The gateway.</param>
/// <param name="accessKey">The client's key.</param>
internal sealed class ChatClient(Uri address, string accessKey) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Connections are shared out between the gateways when they are made. Who leaves hangs up: nothing of the rest is read.
    private readonly HttpClient client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(2), MaxResponseDrainSize = 0, UseProxy = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Makes a request.</summary>
    public async Task<ClientEntry> AskAsync(Order order)
    {
        var entry = new ClientEntry(order.Tag, ClientOutcome.Cut);
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            using var request = Request(order);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            entry = entry with { Status = (int)response.StatusCode, RequestId = IdOf(response) };
            return !response.IsSuccessStatusCode || !order.Stream
                ? Whole(entry, await response.Content.ReadAsStringAsync(limit.Token).ConfigureAwait(false))
                : await StreamAsync(entry, response, order.LeaveAfter, limit.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError && e.InnerException is System.Net.Sockets.SocketException)
        {
            return entry with { Outcome = ClientOutcome.Unreached };
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            return entry;
        }
    }

    public void Dispose() => client.Dispose();

    private static ClientEntry Whole(ClientEntry entry, string body)
    {
        using var json = JsonDocument.Parse(body);
        return entry.Status < 400
            ? entry with { Outcome = ClientOutcome.Complete, Tokens = TotalOf(json.RootElement) }
            : entry with { Outcome = ClientOutcome.Refused, Code = CodeOf(json.RootElement) };
    }

    private static async Task<ClientEntry> StreamAsync(ClientEntry entry, HttpResponseMessage response, int? leaveAfter, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        var events = 0;
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
            {
                continue;
            }

            if (line == "data: [DONE]")
            {
                return entry with { Outcome = ClientOutcome.Complete };
            }

            using var json = JsonDocument.Parse(line.AsMemory("data: ".Length));
            if (json.RootElement.TryGetProperty("error", out _))
            {
                return entry with { Outcome = ClientOutcome.Interrupted, Code = CodeOf(json.RootElement) };
            }

            entry = entry with { Tokens = TotalOf(json.RootElement) ?? entry.Tokens };
            if (++events == leaveAfter)
            {
                return entry with { Outcome = ClientOutcome.HungUp };
            }
        }

        return entry;
    }

    private static long? TotalOf(JsonElement answer) =>
        answer.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object ? usage.GetProperty("total_tokens").GetInt64() : null;

    private static string? CodeOf(JsonElement answer) =>
        answer.TryGetProperty("error", out var error) && error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString() : null;

    private static Guid? IdOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("x-request-id", out var values) && Guid.TryParse(values.First().AsSpan().TrimStart("req_"), out var id) ? id : null;

    private HttpRequestMessage Request(Order order)
    {
        var body = JsonSerializer.Serialize(new
        {
            model = "gemini-2.5-flash",
            messages = new[] { new { role = "user", content = order.Prompt } },
            stream = order.Stream,
            stream_options = order.Stream ? new { include_usage = true } : null,
        });
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/v1/chat/completions")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessKey);
        request.Headers.Add("X-Client-Request-Id", order.Tag);
        return request;
    }
}
