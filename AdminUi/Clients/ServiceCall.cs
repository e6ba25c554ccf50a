using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GeminiBalance.ServiceDefaults.Security;
using Polly;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>A call to another service did not succeed. Says which service, and what it answered, when it did.</summary>
/// <param name="service">Resource name of the service.</param>
/// <param name="status">Its HTTP status; null when no answer came.</param>
/// <param name="problem">The problem details it answered with.</param>
/// <param name="inner">What went wrong underneath.</param>
public sealed class ServiceCallException(string service, HttpStatusCode? status, JsonElement? problem, Exception? inner = null)
    : Exception(Text(problem, "detail") ?? $"{service} did not answer.", inner)
{
    /// <summary>Resource name of the service.</summary>
    public string Service { get; } = service;

    /// <summary>Its HTTP status; null when no answer came.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>The sentence it answered with; null when it gave none.</summary>
    public string? Detail { get; } = Text(problem, "detail");

    /// <summary>The word programs tell failures apart by, as in <c>conflict</c>; null when it gave none.</summary>
    public string? Code { get; } = Text(problem, "code");

    /// <summary>What is there now, when a change was refused because somebody else changed it meanwhile; null when the answer does not say.</summary>
    /// <typeparam name="T">What was to be changed.</typeparam>
    /// <param name="type">How it is read.</param>
    public T? Current<T>(JsonTypeInfo<T> type)
        where T : class =>
        Status == HttpStatusCode.Conflict && problem is { } body && body.TryGetProperty("current", out var current) && current.ValueKind == JsonValueKind.Object ? current.Deserialize(type) : null;

    private static string? Text(JsonElement? problem, string name) =>
        problem is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Sends one call and turns every way to fail into a <see cref="ServiceCallException"/>.</summary>
internal static class ServiceCall
{
    /// <summary>How long work on many keys may take: an import, an undo, a cleanup. Ten seconds are for everything else.</summary>
    public static readonly TimeSpan OfMany = TimeSpan.FromMinutes(5);

    public static async Task<T> SendAsync<T>(this HttpClient client, string service, HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(client, service, request, HttpCompletionOption.ResponseContentRead, cancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(body, type, cancellationToken) ?? throw new JsonException("The body is null.");
        }
        catch (JsonException e)
        {
            throw new ServiceCallException(service, null, null, e);
        }
    }

    public static async Task<HttpResponseMessage> SendAsync(this HttpClient client, string service, HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        try
        {
            var response = await client.SendAsync(request, completion, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw new ServiceCallException(service, response.StatusCode, await ProblemAsync(response, cancellationToken));
            }
        }
        catch (Exception e) when (e is HttpRequestException or ExecutionRejectedException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ServiceCallException(service, null, null, e);
        }
    }

    public static HttpRequestMessage Json<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type) =>
        new(method, path) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };

    /// <summary>A text to be taken in.</summary>
    /// <param name="path">Where it goes.</param>
    /// <param name="text">The text. Holds secrets.</param>
    public static HttpRequestMessage Text(string path, string text) => new HttpRequestMessage(HttpMethod.Post, path)
    {
        Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue("text/plain", "utf-8") } },
    }.WithPatience(OfMany);

    private static async Task<JsonElement?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return null;
        }

        try
        {
            using var problem = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            return problem.RootElement.ValueKind == JsonValueKind.Object ? problem.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Registers the clients of the other services.</summary>
internal static class ServiceClientsModule
{
    public static IServiceCollection AddServiceClients(this IServiceCollection services)
    {
        services.AddServiceClient<KeyHealthClient>("keyhealth");
        services.AddServiceClient<AccessKeyClient>("keyhealth");
        services.AddServiceClient<PoolClient>("keyhealth");
        services.AddServiceClient<ImportJobClient>("keyhealth");
        services.AddServiceClient<SettingsClient>("keyhealth");
        services.AddServiceClient<ModelClient>("keyhealth");
        services.AddServiceClient<StatsClient>("stats");
        services.AddServiceClient<KeyHealthJobs>("keyhealth");
        services.AddServiceClient<StatsJobs>("stats");
        services.AddTransient<JobBoard>();
        services.AddServiceClient<PriceClient>("stats");
        return services;
    }
}
