using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.KeyHealthService.Tests.Models;

/// <summary>An upstream that lists what a test wants it to, in pages of two, and other models to other keys.</summary>
internal sealed class ListingUpstream : IAsyncDisposable
{
    private const int Page = 2;
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, JsonObject[]?> byKey = [];

    private ListingUpstream(WebApplication app) => this.app = app;

    public string Address { get; private set; } = "";

    /// <summary>What every key without a list of its own gets.</summary>
    public JsonObject[] Models { get; set; } = [];

    /// <summary>Answers everything so, when set.</summary>
    public (int Status, string Body)? Instead { get; set; }

    public static JsonObject Model(string name, int outputLimit = 65_536, params string[] methods) => new()
    {
        ["name"] = "models/" + name,
        ["displayName"] = name.ToUpperInvariant(),
        ["outputTokenLimit"] = outputLimit,
        ["supportedGenerationMethods"] = new JsonArray([.. (methods.Length == 0 ? ["generateContent", "countTokens"] : methods).Select(method => JsonValue.Create(method))]),
    };

    public static async Task<ListingUpstream> StartAsync(params JsonObject[] models)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var upstream = new ListingUpstream(app) { Models = models };
        app.Run(upstream.AnswerAsync);
        await app.StartAsync();
        upstream.Address = app.Urls.First();
        return upstream;
    }

    /// <summary>Lists other models to a key.</summary>
    public void For(string key, params JsonObject[] models) => byKey[key] = models;

    /// <summary>Refuses a key as one that Google does not know.</summary>
    public void Refuse(string key) => byKey[key] = null;

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await app.StopAsync(limit.Token);
        await app.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (Instead is { } instead)
        {
            return WriteAsync(context, instead.Status, instead.Body);
        }

        var models = byKey.TryGetValue(context.Request.Headers["x-goog-api-key"].ToString(), out var own) ? own : Models;
        if (models is null)
        {
            return WriteAsync(context, 400, """{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}""");
        }

        var first = int.TryParse(context.Request.Query["pageToken"], out var token) ? token : 0;
        var page = new JsonObject { ["models"] = new JsonArray([.. models.Skip(first).Take(Page).Select(model => model.DeepClone())]) };
        if (first + Page < models.Length)
        {
            page["nextPageToken"] = $"{first + Page}";
        }

        return WriteAsync(context, 200, page.ToJsonString());
    }

    private static Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    }
}
