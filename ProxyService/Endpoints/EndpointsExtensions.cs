using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.Media;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Ingress;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>The gateway's routes.</summary>
internal static partial class EndpointsExtensions
{
    private const string Hint = """
        GeminiBalance: an OpenAI-compatible gateway to Google Gemini.

        Point any OpenAI client at this address plus /v1, with an access key of this gateway as its API key:

          curl $ADDRESS/v1/chat/completions -H "Authorization: Bearer $ACCESS_KEY" -H "Content-Type: application/json" \
            -d '{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hello"}]}'

        GET /v1/models lists the models.

        """;

    /// <summary>Clients disagree on whether their base address holds <c>/v1</c>; the last is where Google's own OpenAI-compatible surface is.</summary>
    private static readonly string[] Prefixes = ["/v1", "", "/v1/v1", "/v1beta/openai"];

    /// <summary>Where Gemini's own API is.</summary>
    private static readonly string[] NativePrefixes = ["/v1beta", "/v1alpha"];

    /// <summary>Adds what the routes need.</summary>
    public static WebApplicationBuilder AddEndpoints(this WebApplicationBuilder builder)
    {
        // Without it every client's access key would be tried as a service token first.
        AppContext.SetSwitch("Microsoft.AspNetCore.Authentication.SuppressAutoDefaultScheme", true);
        builder.LimitRequests();

        // What a socket brings goes straight to the thread pool instead of through a queue of its own: two hops fewer for each request.
        builder.WebHost.UseSockets(sockets => sockets.IOQueueCount = 0);
        builder.Services.AddIngress();
        builder.Services.AddServiceAuthentication();
        builder.Services.AddValidatedOptions<PrivacyOptions>("Privacy");
        builder.Services.AddValidatedOptions<CorsOptions>("Cors");
        builder.Services.AddSingleton<IValidateOptions<CorsOptions>, CorsOptions>();
        builder.AddAccessKeys();
        builder.AddRemoteMedia();
        builder.Services.AddSingleton<OperationDesk>();
        builder.Services.AddSingleton<ChatEndpoint>();
        builder.Services.AddSingleton<EmbeddingsEndpoint>();
        builder.Services.AddSingleton<NativeEndpoint>();
        builder.Services.AddSingleton<ModelsEndpoint>();
        builder.Services.AddSingleton<UsageCache>();
        builder.Services.AddSingleton<UsageEndpoint>();
        return builder;
    }

    /// <summary>Maps the routes.</summary>
    public static WebApplication MapEndpoints(this WebApplication app)
    {
        app.UseIngress();
        app.UseStrictFraming();
        app.UseCrossOrigin();
        app.Use(AnswerFaultsAsync);
        app.UseRouting();

        // Only the internal routes come this far: clients' own are answered by the routing itself, and authenticate by access keys.
        app.UseAuthentication();
        app.UseAuthorization();

        // Made with the first request: a refused setting must come to light in the start of the host, not here.
        RequestDelegate chat = context => app.Services.GetRequiredService<ChatEndpoint>().HandleAsync(context);
        RequestDelegate embeddings = context => app.Services.GetRequiredService<EmbeddingsEndpoint>().HandleAsync(context);
        RequestDelegate models = context => RequestDialect.IsMethodCall(context.Request)
            ? app.Services.GetRequiredService<NativeEndpoint>().HandleAsync(context)
            : app.Services.GetRequiredService<ModelsEndpoint>().HandleAsync(context);
        RequestDelegate usage = context => app.Services.GetRequiredService<UsageEndpoint>().HandleAsync(context);
        foreach (var prefix in Prefixes)
        {
            app.Map($"{prefix}/usage", usage).ShortCircuit();
            app.Map($"{prefix}/chat/completions", chat).ShortCircuit();
            app.Map($"{prefix}/embeddings", embeddings).ShortCircuit();
            app.Map($"{prefix}/models", models).ShortCircuit();
            app.Map($"{prefix}/models/{{**id}}", models).ShortCircuit();
        }

        foreach (var prefix in NativePrefixes)
        {
            app.Map($"{prefix}/models", models).ShortCircuit();
            app.Map($"{prefix}/models/{{**id}}", models).ShortCircuit();
        }

        app.MapGet("/", () => TypedResults.Text(Hint));
        app.MapGet("/internal/status", Status).RequireAuthorization(ServiceAuth.Policy);
        app.MapFallback("{**path}", context => ErrorResponses.WriteAsync(context, OpenAiError.UnknownUrl(context.Request.Method, context.Request.Path)));
        return app;
    }

    private static ProxyStatus Status(LivePool pool, IRequestLedger ledger)
    {
        var view = pool.View;
        return new ProxyStatus(view?.Epoch, view?.Sequence ?? 0, view?.Keys.Length ?? 0, pool.EligibleFor("")?.Count ?? 0, view?.AccessKeys.Count ?? 0, view?.Source ?? "none", ledger.Unsent);
    }

    /// <summary>Turns a fault of the gateway into an answer a client understands; what it was stands in the log only.</summary>
    private static async Task AnswerFaultsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone: nobody is left to be told.
        }
        catch (BadHttpRequestException e)
        {
            await ErrorResponses.WriteAsync(context, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? OpenAiError.TooLarge : OpenAiError.Invalid("invalid_body", "The request is malformed.")).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogFault(context.RequestServices.GetRequiredService<ILogger<ChatEndpoint>>(), e);
            await ErrorResponses.WriteAsync(context, OpenAiError.Internal).ConfigureAwait(false);
        }
    }

    [LoggerMessage(LogLevel.Error, "A request failed in the gateway itself.")]
    private static partial void LogFault(ILogger logger, Exception e);
}
