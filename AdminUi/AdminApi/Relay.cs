using System.Net.Http.Headers;
using GeminiBalance.AdminUi.Clients;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Polly;

namespace GeminiBalance.AdminUi.AdminApi;

/// <summary>Hands calls of the admin API on to KeyHealthService.</summary>
internal sealed class KeyHealthRelay(HttpClient http) : Relay(http, KeyHealthClient.Service, "");

/// <summary>Hands calls of the admin API on to StatsService.</summary>
internal sealed class StatsRelay(HttpClient http) : Relay(http, StatsClient.Service, "/stats");

/// <summary>Hands a call on to the service that owns what it is about, in the operator's name, and its answer back as it is.</summary>
/// <param name="http">Reaches the service with the service token.</param>
/// <param name="service">Resource name of the service.</param>
/// <param name="root">What its paths begin with.</param>
internal abstract class Relay(HttpClient http, string service, string root)
{
    private static readonly string[] Told = ["Idempotency-Key", "Accept"];

    /// <summary>Answers the call with what the service says; 502 when it says nothing.</summary>
    /// <param name="context">The call.</param>
    /// <param name="path">What is asked for, without a leading slash.</param>
    /// <param name="actor">In whose name.</param>
    public async Task SendAsync(HttpContext context, string path, string actor)
    {
        if (path.Split('/').Any(segment => segment is "." or ".."))
        {
            await ProblemResponses.Problem(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address.").ExecuteAsync(context);
            return;
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), Address(path, context.Request.QueryString)).WithActor(actor);
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) ? type : null;
        }

        // What changes something may be about many keys; given up too early, nobody knows what became of it.
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            request.WithPatience(ServiceCall.OfMany);
        }

        Copy(context.Request.Headers, request.Headers);
        HttpResponseMessage answer;
        try
        {
            answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        }
        catch (Exception e) when (e is HttpRequestException or ExecutionRejectedException || (e is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            await ProblemResponses.Problem(StatusCodes.Status502BadGateway, "service_away", $"The service {service} does not answer. Nothing is known of what became of the call.").ExecuteAsync(context);
            return;
        }

        using (answer)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            context.Response.Headers.CacheControl = "no-store";
            if (answer.Headers.RetryAfter is { } wait)
            {
                context.Response.Headers.RetryAfter = wait.ToString();
            }

            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }

    /// <summary>Every segment is escaped anew, so that none of them can reach another path.</summary>
    private string Address(string path, QueryString query) =>
        $"{root}/{string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.EscapeDataString))}{query}";

    private static void Copy(IHeaderDictionary from, HttpRequestHeaders to)
    {
        foreach (var name in Told)
        {
            if (from[name] is [{ Length: > 0 } value])
            {
                to.TryAddWithoutValidation(name, value);
            }
        }
    }
}
