using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>StatsService: what happened, and the feed that says when something new did.</summary>
internal sealed class StatsClient(HttpClient http)
{
    /// <summary>Resource name of the service.</summary>
    public const string Service = "stats";

    public Task<Contracts.Overview> OverviewAsync(DateTimeOffset from, DateTimeOffset to, string bucket, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("from", Instant(from)).Add("to", Instant(to)).Add("bucket", bucket);
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/overview{query}"), ContractsJson.Default.Overview, cancellationToken);
    }

    /// <summary>Usage by group, in buckets or as one sum.</summary>
    public Task<Contracts.Usage> UsageAsync(DateTimeOffset from, DateTimeOffset to, string? bucket, string zone, UsageGrouping grouping, string? model, Guid? accessKey, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("from", Instant(from)).Add("to", Instant(to)).Add("tz", zone).Add("groupBy", JsonNamingPolicy.CamelCase.ConvertName(grouping.ToString()));
        query = bucket is null ? query : query.Add("bucket", bucket);
        query = model is null ? query : query.Add("model", model);
        query = accessKey is null ? query : query.Add("accessKey", accessKey.Value.ToString());
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/usage{query}"), ContractsJson.Default.Usage, cancellationToken);
    }

    /// <summary>A page of requests, newest first.</summary>
    public Task<RequestPage> RequestsAsync(DateTimeOffset from, DateTimeOffset to, string? model, string? outcome, string? accessKey, string? after, int limit, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("from", Instant(from)).Add("to", Instant(to)).Add("limit", limit.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)[("model", model), ("outcome", outcome), ("accessKey", accessKey), ("after", after)])
        {
            query = string.IsNullOrEmpty(value) ? query : query.Add(name, value);
        }

        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/requests{query}"), ContractsJson.Default.RequestPage, cancellationToken);
    }

    /// <summary>All that is known of one request.</summary>
    public Task<RequestStory> RequestAsync(Guid id, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/requests/{id}"), ContractsJson.Default.RequestStory, cancellationToken);

    /// <summary>A page of the audit log, newest first.</summary>
    public Task<AuditPage> AuditAsync(AuditArea? area, string? after, int limit, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("limit", limit.ToString(CultureInfo.InvariantCulture));
        query = area is null ? query : query.Add("area", area.Value.ToString());
        query = after is null ? query : query.Add("after", after);
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/audit{query}"), ContractsJson.Default.AuditPage, cancellationToken);
    }

    /// <summary>The part of the audit log about one access key, newest first.</summary>
    public Task<AuditPage> AccessKeyTimelineAsync(Guid id, int limit, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/access-keys/{id}/timeline?limit={limit}"), ContractsJson.Default.AuditPage, cancellationToken);

    /// <summary>When access keys were last used; those that never were are left out.</summary>
    public async Task<IReadOnlyDictionary<Guid, DateTimeOffset>> LastUsesAsync(IEnumerable<Guid> accessKeys, CancellationToken cancellationToken)
    {
        var query = accessKeys.Aggregate(QueryString.Create("of", nameof(UsedKind.AccessKey)), (all, id) => all.Add("id", id.ToString()));
        var page = await http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/last-use{query}"), ContractsJson.Default.LastUsePage, cancellationToken);
        return page.Items.ToDictionary(use => use.Id, use => use.At);
    }

    public Task<FailedRequest[]> FailuresAsync(int limit, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/failures?limit={limit}"), ContractsJson.Default.FailedRequestArray, cancellationToken);

    /// <summary>Upstream calls by how they ended, those too that a later one made good.</summary>
    public Task<AttemptReport> AttemptsAsync(DateTimeOffset from, DateTimeOffset to, string zone, string? model, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("from", Instant(from)).Add("to", Instant(to)).Add("tz", zone).Add("groupBy", "class");
        query = model is null ? query : query.Add("model", model);
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/attempts{query}"), ContractsJson.Default.AttemptReport, cancellationToken);
    }

    /// <summary>What of the ledger needs a person, newest first; also what is over.</summary>
    public Task<Alert[]> AlertsAsync(int limit, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/stats/alerts?limit={limit}"), ContractsJson.Default.AlertArray, cancellationToken);

    public Task<ProjectionStatus> ProjectionsAsync(CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, "/stats/projections"), ContractsJson.Default.ProjectionStatus, cancellationToken);

    /// <summary>Listens until the service ends the feed or <paramref name="cancellationToken"/> is cancelled.</summary>
    /// <param name="connected">Called once the service answered.</param>
    /// <param name="cancellationToken">Stops listening.</param>
    public async IAsyncEnumerable<LiveTick> LiveAsync(Action connected, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, "/stats/live"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        connected();
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var parser = SseParser.Create(body, static (_, data) => data.IsEmpty ? null : JsonSerializer.Deserialize(data, ContractsJson.Default.LiveTick));
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            if (item.Data is { } tick)
            {
                yield return tick;
            }
        }
    }

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
