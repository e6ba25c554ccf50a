using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults.Security;
using Marten;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Servers;

/// <summary>The whole service in this process, on a free loopback port, with PostgreSQL and Redis; only the bus is in memory.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    public const string Token = "a service token for tests, long enough";
    private readonly WebApplication app;

    private RunningService(WebApplication app, Dictionary<string, string?> settings, LogTrap log)
    {
        this.app = app;
        Log = log;
        Settings = settings;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        Http.DefaultRequestHeaders.Add(ServiceAuth.ActorHeader, "ada");
    }

    public Dictionary<string, string?> Settings { get; }

    public LogTrap Log { get; }

    public HttpClient Http { get; }

    public IDatabase Redis => Get<IConnectionMultiplexer>().GetDatabase();

    public NpgsqlDataSource Database => Get<NpgsqlDataSource>();

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Starts one on a new database.</summary>
    public static async Task<RunningService> StartAsync(ServersFixture servers, params (string Name, string Value)[] more)
    {
        var settings = await servers.NewDatabaseAsync();
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return await StartAsync(settings);
    }

    /// <summary>Starts one on a database that may be in use.</summary>
    public static async Task<RunningService> StartAsync(Dictionary<string, string?> settings, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddInMemoryCollection(settings);
        var log = new LogTrap();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.AddKeyHealth();
        builder.Services.AddMassTransitTestHarness();
        if (time is not null)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton(time));
        }

        var app = builder.Build();
        app.MapKeyHealth();
        try
        {
            await Migration.RunAsync(app.Services.GetRequiredService<IDocumentStore>(), app.Services.GetRequiredService<NpgsqlDataSource>(), CancellationToken.None);
            await app.StartAsync();
            return new RunningService(app, settings, log);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async Task<T> GetAsync<T>(string path) => (await Http.GetFromJsonAsync<T>(path, Json))!;

    public async Task<T> SendAsync<T>(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body, options: Json);
        using var response = await Http.SendAsync(request);
        await SucceededAsync(response);
        return (await response.Content.ReadFromJsonAsync<T>(Json))!;
    }

    public async Task<ImportResult> ImportAsync(string text)
    {
        using var response = await Http.PostAsync("/keys/imports", new StringContent(text, Encoding.UTF8, "text/plain"));
        await SucceededAsync(response);
        return (await response.Content.ReadFromJsonAsync<ImportResult>(Json))!;
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task SucceededAsync(HttpResponseMessage response) =>
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}\n{string.Join('\n', Log.Errors)}");

    /// <summary>Stops the work of this process; the database stays.</summary>
    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await app.StopAsync(limit.Token);
        await app.DisposeAsync();
    }

    private static System.Text.Json.JsonSerializerOptions Json => ContractsJson.Default.Options;
}
