using System.Text.Json;
using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.Cli.Tests;

/// <summary>All services of a running system behind one address. What a route answers is set by the test; every call is kept.</summary>
internal sealed class StubSystem : IAsyncDisposable
{
    public const string Token = "service-token-of-at-least-32-characters";
    public const string Password = "first-password-of-the-operator";

    private readonly WebApplication _app;
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, Func<string, (int Status, string Body)>> _answers = [];
    private readonly List<Call> _calls = [];

    private StubSystem(WebApplication app) => _app = app;

    public string Folder => _folder.Path;

    public Uri Address { get; private set; } = null!;

    public RunningSystem System { get; private set; } = null!;

    public IReadOnlyList<Call> Calls
    {
        get
        {
            lock (_calls) return [.. _calls];
        }
    }

    public static async Task<StubSystem> StartAsync(bool demo = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stub = new StubSystem(app);
        app.Run(stub.AnswerAsync);
        await app.StartAsync();
        stub.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await File.WriteAllTextAsync(
            Path.Combine(stub.Folder, "parameters.json"),
            $$"""{"service-token":"{{Token}}","admin-password":"{{Password}}"}""");
        string[] names = ["proxy", "keyhealth", "stats", "admin", .. demo ? new[] { "gemini-simulator" } : []];
        stub.System = new(stub.Folder, new(Environment.ProcessId, DateTimeOffset.UnixEpoch, demo, [.. names.Select(stub.Resource)]));
        return stub;
    }

    /// <summary>Sets what a route answers, given the body of the call.</summary>
    public void On(string route, Func<string, string> answer) => _answers[route] = body => (200, answer(body));

    public void On<T>(string route, global::System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, Func<T> answer) =>
        On(route, _ => JsonSerializer.Serialize(answer(), type));

    public void Refuse(string route, int status, string body) => _answers[route] = _ => (status, body);

    public int CallsTo(string route) => Calls.Count(call => call.Route == route);

    /// <summary>Everything a demo's first start needs.</summary>
    public StubSystem WithFreshPool()
    {
        var (epoch, imported) = (Guid.CreateVersion7(), 0);
        var accessKeys = new List<AccessKeyView>();
        On("GET /control/seed-keys", _ => "key-1,first,project-1\nkey-2,second,project-1\n");
        On("GET /keys/summary", ContractsJson.Default.KeySummary, () => new(imported, new Dictionary<KeyStatus, int> { [KeyStatus.Healthy] = imported }));
        On("GET /keys", ContractsJson.Default.KeyPage, () => new([], null, 0));
        On("POST /keys/imports", body =>
        {
            imported = body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
            return JsonSerializer.Serialize(new([], imported, 0, 0, epoch, 5), ContractsJson.Default.ImportResult);
        });
        On("GET /access-keys", ContractsJson.Default.AccessKeyViewArray, () => [.. accessKeys]);
        On("POST /access-keys", body =>
        {
            var name = JsonSerializer.Deserialize(body, ContractsJson.Default.CreateAccessKey)!.Name;
            var view = new AccessKeyView(Guid.CreateVersion7(), name, "sk-gb-abcd", true, DateTimeOffset.UnixEpoch, null, 1);
            accessKeys.Add(view);
            return JsonSerializer.Serialize(new(view, $"sk-gb-abcd-{accessKeys.Count}", epoch, 6), ContractsJson.Default.CreatedAccessKey);
        });
        On("GET /internal/status", ContractsJson.Default.ProxyStatus, () => new(epoch, 6, imported, imported, accessKeys.Count, "redis", 0));
        On("GET /internal/setup", _ => """{"user":"admin","firstPassword":true,"passwordAsConfigured":true}""");
        On("POST /internal/login-links", _ => """{"url":"/login?t=once","expiresAt":"2026-01-01T00:00:00Z"}""");
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(2)).Token);
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private ResourceState Resource(string name) =>
        new(name, "project", "Running", "Healthy", new Dictionary<string, string> { ["http"] = Address.ToString() }, [], null, null);

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var route = $"{context.Request.Method} {context.Request.Path}";
        (int Status, string Body) answer;
        lock (_calls)
        {
            _calls.Add(new(route, context.Request.QueryString.Value ?? "", context.Request.Headers.Authorization.ToString(), body));
            answer = _answers.TryGetValue(route, out var known) ? known(body) : (404, "");
        }

        context.Response.StatusCode = answer.Status;
        await context.Response.WriteAsync(answer.Body);
    }

    internal sealed record Call(string Route, string Query, string Authorization, string Body);
}
