using System.Net;
using System.Threading.Channels;
using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>KeyHealthService and StatsService as AdminUi sees them: the same routes over lists in memory, on a loopback port for each.</summary>
public sealed class FakeServices : IAsyncDisposable
{
    private static readonly Dictionary<string, TimeSpan> Widths = new()
    {
        ["15m"] = TimeSpan.FromMinutes(15),
        ["1h"] = TimeSpan.FromHours(1),
        ["6h"] = TimeSpan.FromHours(6),
        ["1d"] = TimeSpan.FromDays(1),
    };

    private readonly WebApplication app;
    private readonly List<Channel<LiveTick>> listeners = [];
    private readonly Lock gate = new();

    private FakeServices(WebApplication app)
    {
        this.app = app;
        Map();
    }

    /// <summary>KeyHealthService.</summary>
    public string Address => app.Urls.First();

    /// <summary>StatsService.</summary>
    public string StatsAddress => app.Urls.Last();

    public FakeJobs KeyHealthJobs { get; set; } = new();

    public FakeJobs StatsJobs { get; set; } = new();

    public List<KeyView> Keys { get; } = [];

    public List<AccessKeyView> AccessKeys { get; } = [];

    /// <summary>When access keys were last used.</summary>
    public Dictionary<Guid, DateTimeOffset> LastUses { get; } = [];

    public List<PoolView> Pools { get; } = [];

    public List<ImportJob> Imports { get; } = [];

    /// <summary>The text that the last import as a job, or of client tokens, was given.</summary>
    public string? ImportedText { get; set; }

    public FakeSettings Settings { get; } = new();

    public FakeModels Models { get; } = new();

    public List<FailedRequest> Failures { get; } = [];

    public List<Alert> Alerts { get; } = [new Alert(AlertKind.FactsAside, 3, DateTimeOffset.UtcNow.AddHours(-2))];

    public List<RequestFact> Requests { get; } = [];

    public List<AuditEntry> Audit { get; } = [];

    /// <summary>Groups and how much of the whole each has, for every grouping.</summary>
    public Func<UsageGrouping, IReadOnlyList<string?>> Groups { get; set; } = _ => [];

    /// <summary>Requests per bucket, for every range.</summary>
    public Func<DateTimeOffset, UsageCounts> Counts { get; set; } = _ => Samples.None;

    public bool StatsDown { get; set; }

    public bool KeyHealthDown { get; set; }

    public double LagSeconds { get; set; } = 0.4;

    /// <summary>Who did what, as the services were told.</summary>
    public List<(string Actor, string Action)> Acts { get; } = [];

    public static async Task<FakeServices> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Logging.ClearProviders();
        builder.Services.Configure<JsonOptions>(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, ContractsJson.Default));
        var services = new FakeServices(builder.Build());
        await services.app.StartAsync();
        return services;
    }

    /// <summary>Says to every open page that something new was counted.</summary>
    public void Tick()
    {
        lock (gate)
        {
            listeners.ForEach(listener => listener.Writer.TryWrite(new LiveTick(1, LagSeconds)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            listeners.ForEach(listener => listener.Writer.TryComplete());
        }

        await app.DisposeAsync();
    }

    private void Map()
    {
        app.Use((context, next) =>
        {
            var stats = OfStats(context);
            if (stats ? StatsDown : KeyHealthDown)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            if (!HttpMethods.IsGet(context.Request.Method))
            {
                lock (gate)
                {
                    Acts.Add((context.Request.Headers["x-gb-actor"].ToString(), $"{context.Request.Method} {context.Request.Path}"));
                }
            }

            return next(context);
        });

        app.MapGet("/keys", (string? status, string? q, string? after, int limit) => Page(status, q, after, limit));
        app.MapGet("/keys/summary", () => new KeySummary(Keys.Count, Keys.GroupBy(key => key.Status).ToDictionary(group => group.Key, group => group.Count())));
        app.MapPost("/keys/imports", (Delegate)ImportAsync);
        app.MapPost("/keys/checks", () => Results.Accepted());
        app.MapPost("/keys/{id:guid}/{action}", (Guid id, string action) => Change(id, key => action switch
        {
            "undo" => key with { Status = key.UndoTo ?? key.Status, UndoTo = null, Reason = null, UpstreamStatus = null },
            "disable" => key with { Status = KeyStatus.Disabled, Reason = "operator" },
            _ => key with { Status = KeyStatus.Healthy, Reason = null, UpstreamStatus = null, Until = null, Model = null },
        }));
        app.MapPatch("/keys/{id:guid}", (Guid id, EditKey edit) => Change(id, key => key with { Label = edit.Label ?? key.Label, Project = edit.Project ?? key.Project }));
        app.MapDelete("/keys/{id:guid}", (Guid id) =>
        {
            Keys.RemoveAll(key => key.Id == id);
            return Results.NoContent();
        });
        FakeAccessKeys.Map(app, this);
        FakePools.Map(app, this);
        FakeGateway.Map(app);
        FakeJobs.Map(app, context => OfStats(context) ? StatsJobs : KeyHealthJobs);
        Settings.Map(app);
        Models.Map(app);

        app.MapGet("/stats/overview", (DateTimeOffset from, DateTimeOffset to, string bucket) => Samples.Overview(from, to, Widths[bucket], Counts, LagSeconds));
        app.MapGet("/stats/usage", (DateTimeOffset from, DateTimeOffset to, string? bucket, string groupBy, string? model) => Samples.Usage(from, to, bucket is null ? null : Widths[bucket], Enum.Parse<UsageGrouping>(groupBy, ignoreCase: true), Groups, model, LagSeconds));
        app.MapGet("/stats/requests", (string? outcome, string? model, string? after, int limit) =>
        {
            var matching = Requests.Where(fact => (outcome is null || fact.Outcome.ToString() == outcome) && (model is null || fact.ModelAsked == model)).SkipWhile(fact => after is not null && fact.Id.ToString() != after).Skip(after is null ? 0 : 1).ToList();
            return new RequestPage([.. matching.Take(limit)], matching.Count > limit ? matching[limit - 1].Id : null);
        });
        app.MapGet("/stats/requests/{id:guid}", (Guid id) => Requests.Find(fact => fact.Id == id) is { } fact ? Results.Ok(new RequestStory(fact, 0.0012, Guid.Empty, fact.StartedAt)) : Results.NotFound());
        app.MapGet("/stats/access-keys/{id:guid}/timeline", () => new AuditPage([.. Audit.Where(entry => entry.Area == AuditArea.AccessKeys)], null));
        app.MapGet("/stats/audit", (string? area) => new AuditPage([.. Audit.Where(entry => area is null || entry.Area.ToString() == area)], null));
        app.MapGet("/stats/last-use", (Guid[] id) => new LastUsePage([.. id.Where(LastUses.ContainsKey).Select(one => new LastUse(one, LastUses[one]))], null));
        app.MapGet("/stats/failures", (int limit) => Failures.Take(limit).ToArray());
        app.MapGet("/stats/alerts", (int limit) => Alerts.Take(limit).ToArray());
        app.MapGet("/stats/attempts", (DateTimeOffset from, DateTimeOffset to) => Samples.Attempts(from, to, LagSeconds));
        app.MapGet("/stats/projections", () => new ProjectionStatus(1, new Dictionary<string, long>(), LagSeconds, "one"));
        app.MapGet("/stats/live", LiveAsync);
    }

    private bool OfStats(HttpContext context) => context.Connection.LocalPort == new Uri(StatsAddress).Port;

    private KeyPage Page(string? status, string? q, string? after, int limit)
    {
        var matching = Keys
            .Where(key => status is null || key.Status.ToString() == status)
            .Where(key => q is null || $"{key.Label} {key.Project} {key.Mask}".Contains(q, StringComparison.OrdinalIgnoreCase))
            .ToList();
        var start = after is null ? 0 : int.Parse(after, System.Globalization.CultureInfo.InvariantCulture);
        var items = matching.Skip(start).Take(limit).ToList();
        return new KeyPage(items, start + limit < matching.Count ? $"{start + limit}" : null, matching.Count);
    }

    private async Task<ImportResult> ImportAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var lines = (await reader.ReadToEndAsync()).Split('\n').Select((text, index) => (Text: text.Trim(), Number: index + 1)).Where(line => line.Text.Length > 0).ToList();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var results = new List<ImportLine>();
        foreach (var (text, number) in lines)
        {
            if (text.Length < 20)
            {
                results.Add(new ImportLine(number, ImportOutcome.NotAKey, null, null, "A key has 20 to 256 characters."));
                continue;
            }

            if (!seen.Add(text))
            {
                results.Add(new ImportLine(number, ImportOutcome.DuplicateInFile, Samples.Mask(text), null, null));
                continue;
            }

            var key = Samples.Key(KeyStatus.New) with { Mask = Samples.Mask(text), Label = null, Project = null };
            Keys.Insert(0, key);
            results.Add(new ImportLine(number, ImportOutcome.Added, key.Mask, key.Id, null));
        }

        return new ImportResult(results, results.Count(line => line.Outcome == ImportOutcome.Added), results.Count(line => line.Outcome == ImportOutcome.DuplicateInFile), results.Count(line => line.Outcome == ImportOutcome.NotAKey), Guid.Empty, 1);
    }

    private IResult Change(Guid id, Func<KeyView, KeyView> change)
    {
        var index = Keys.FindIndex(key => key.Id == id);
        return index < 0 ? Results.NotFound() : Results.Ok(Keys[index] = change(Keys[index]));
    }

    private async Task LiveAsync(HttpContext context)
    {
        var listener = Channel.CreateUnbounded<LiveTick>();
        lock (gate)
        {
            listeners.Add(listener);
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        try
        {
            await foreach (var tick in listener.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync($"data: {System.Text.Json.JsonSerializer.Serialize(tick, ContractsJson.Default.LiveTick)}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The listener left.
        }
        finally
        {
            lock (gate)
            {
                listeners.Remove(listener);
            }
        }
    }
}
