using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>What holds for every key of an import.</summary>
/// <param name="DryRun">Only look.</param>
/// <param name="Disabled">Take the keys in switched off.</param>
/// <param name="LabelPrefix">Begin of every label.</param>
/// <param name="Project">The Google project.</param>
/// <param name="Tier">What the project pays for.</param>
/// <param name="Tags">Words to find the keys by, separated by commas.</param>
public sealed record ImportJobTerms(bool DryRun, bool Disabled, string? LabelPrefix, string? Project, KeyTier? Tier, string? Tags);

/// <summary>KeyHealthService: imports of many keys as jobs.</summary>
internal sealed class ImportJobClient(HttpClient http)
{
    private const string Service = KeyHealthClient.Service;
    private const string Root = "/keys/import-jobs";

    public Task<ImportJob[]> ListAsync(CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, Root), ContractsJson.Default.ImportJobArray, cancellationToken);

    public Task<ImportJob> FindAsync(Guid id, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"{Root}/{id}"), ContractsJson.Default.ImportJob, cancellationToken);

    /// <summary>A page of an import's results.</summary>
    public Task<ImportLinePage> LinesAsync(Guid id, ImportOutcome? outcome, string? after, int limit, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("limit", limit.ToString(CultureInfo.InvariantCulture));
        query = outcome is null ? query : query.Add("outcome", outcome.Value.ToString());
        query = after is null ? query : query.Add("after", after);
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"{Root}/{id}/lines{query}"), ContractsJson.Default.ImportLinePage, cancellationToken);
    }

    /// <summary>Hands a text over; the answer comes before its keys are read.</summary>
    /// <param name="text">Keys, one per line, as a table or as JSON. Holds secrets.</param>
    /// <param name="terms">What holds for all of them.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ImportJob> StartAsync(string text, ImportJobTerms terms, string actor, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("dryRun", terms.DryRun ? "true" : "false").Add("disabled", terms.Disabled ? "true" : "false");
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)[("labelPrefix", terms.LabelPrefix), ("project", terms.Project), ("tier", terms.Tier?.ToString()), ("tags", terms.Tags)])
        {
            query = string.IsNullOrWhiteSpace(value) ? query : query.Add(name, value);
        }

        var request = ServiceCall.Text($"{Root}{query}", text);
        return http.SendAsync(Service, request.WithActor(actor), ContractsJson.Default.ImportJob, cancellationToken);
    }

    public Task<ImportJob> CancelAsync(Guid id, string actor, CancellationToken cancellationToken) => ActAsync(id, "cancel", actor, cancellationToken);

    public Task<ImportJob> ResumeAsync(Guid id, string actor, CancellationToken cancellationToken) => ActAsync(id, "resume", actor, cancellationToken);

    public Task<ImportJob> UndoAsync(Guid id, string actor, CancellationToken cancellationToken) => ActAsync(id, "undo", actor, cancellationToken);

    private Task<ImportJob> ActAsync(Guid id, string action, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Post, $"{Root}/{id}/{action}").WithActor(actor).WithPatience(ServiceCall.OfMany), ContractsJson.Default.ImportJob, cancellationToken);
}
