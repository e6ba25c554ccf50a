using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary>Calls to the services of a running system, with its service token.</summary>
internal sealed class ServiceCalls : IDisposable
{
    /// <summary>The largest page of an import's lines.</summary>
    private const int LinesPage = 1000;

    private const string KeysNotTaken = "the gateway did not take over the keys";
    private static readonly TimeSpan KeysTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan JobStep = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly RunningSystem system;
    private readonly HttpClient client;

    /// <summary>Calls to a system.</summary>
    /// <param name="system">The system.</param>
    /// <param name="patience">How long an answer may take; five minutes when null.</param>
    public ServiceCalls(RunningSystem system, TimeSpan? patience = null)
    {
        this.system = system;
        // A proxy meant for the Internet has no way to this machine's loopback.
        client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = patience ?? TimeSpan.FromMinutes(5) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", system.Parameter("service-token"));
        client.DefaultRequestHeaders.Add("x-gb-actor", $"gb {Environment.UserName}");
    }

    public void Dispose() => client.Dispose();

    public async Task<T> GetAsync<T>(string service, string path, JsonTypeInfo<T> type)
    {
        using var response = await SendAsync(service, new HttpRequestMessage(HttpMethod.Get, new Uri(system.Address(service), path))).ConfigureAwait(false);
        return (await response.Content.ReadFromJsonAsync(type).ConfigureAwait(false))!;
    }

    public async Task<JsonNode> GetNodeAsync(string service, string path)
    {
        using var response = await SendAsync(service, new HttpRequestMessage(HttpMethod.Get, new Uri(system.Address(service), path))).ConfigureAwait(false);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync().ConfigureAwait(false))!;
    }

    public async Task<JsonNode> PostNodeAsync(string service, string path)
    {
        using var response = await SendAsync(service, new HttpRequestMessage(HttpMethod.Post, new Uri(system.Address(service), path))).ConfigureAwait(false);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync().ConfigureAwait(false))!;
    }

    public async Task<T> PostAsync<T>(string service, string path, JsonTypeInfo<T> type)
    {
        using var response = await SendAsync(service, new HttpRequestMessage(HttpMethod.Post, new Uri(system.Address(service), path))).ConfigureAwait(false);
        return (await response.Content.ReadFromJsonAsync(type).ConfigureAwait(false))!;
    }

    public async Task DeleteAsync(string service, string path)
    {
        using var response = await SendAsync(service, new HttpRequestMessage(HttpMethod.Delete, new Uri(system.Address(service), path))).ConfigureAwait(false);
    }

    /// <summary>Imports keys; <see cref="CheckedAsync"/> waits for what follows.</summary>
    public async Task<ImportResult> ImportAsync(string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(system.Address("keyhealth"), "/keys/imports")) { Content = new StringContent(text, Encoding.UTF8, "text/plain") };
        using var response = await SendAsync("keyhealth", request).ConfigureAwait(false);
        return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.ImportResult).ConfigureAwait(false))!;
    }

    /// <summary>Waits until the proxy knows the keys of an import and their first checks are done.</summary>
    /// <exception cref="CliException">The proxy does not know them in time. They are stored all the same.</exception>
    public async Task CheckedAsync(ImportResult result)
    {
        await WaitAsync(async () => await KnowsAsync(result.Epoch, result.Sequence).ConfigureAwait(false), KeysNotTaken).ConfigureAwait(false);
        await WaitAsync(async () => (await GetAsync("keyhealth", "/keys?status=New", ContractsJson.Default.KeyPage).ConfigureAwait(false)).Items.All(key => key.LastCheckedAt is not null), null).ConfigureAwait(false);
    }

    /// <summary>Imports keys as a job to its end, and says how far it is; <see cref="TakenOverAsync"/> waits for what follows.</summary>
    /// <param name="text">The keys.</param>
    /// <param name="terms">What holds for all of them, as a query.</param>
    /// <param name="progress">Told whenever some more are done.</param>
    /// <returns>The job, and every line that holds no key.</returns>
    public async Task<(ImportJob Job, IReadOnlyList<ImportLine> Rejected)> ImportManyAsync(string text, string terms, Action<ImportJob> progress)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(system.Address("keyhealth"), "/keys/import-jobs?" + terms)) { Content = new StringContent(text, Encoding.UTF8, "text/plain") };
        using var response = await SendAsync("keyhealth", request).ConfigureAwait(false);
        var job = (await response.Content.ReadFromJsonAsync(ContractsJson.Default.ImportJob).ConfigureAwait(false))!;
        while (job.State is ImportState.Waiting or ImportState.Running)
        {
            await Task.Delay(JobStep).ConfigureAwait(false);
            var next = await GetAsync("keyhealth", $"/keys/import-jobs/{job.Id}", ContractsJson.Default.ImportJob).ConfigureAwait(false);
            if (next.Processed != job.Processed)
            {
                progress(next);
            }

            job = next;
        }

        if (job.State != ImportState.Done)
        {
            throw new CliException($"The import is {job.State} after {job.Processed} of {job.Total} entries. {job.Problem}".TrimEnd());
        }

        var rejected = new List<ImportLine>();
        for (string? after = ""; after is not null;)
        {
            var page = await GetAsync(
                "keyhealth", $"/keys/import-jobs/{job.Id}/lines?outcome={nameof(ImportOutcome.NotAKey)}&limit={LinesPage}&after={Uri.EscapeDataString(after)}", ContractsJson.Default.ImportLinePage).ConfigureAwait(false);
            rejected.AddRange(page.Items);
            after = page.Next;
        }

        return (job, rejected);
    }

    /// <summary>Waits until the proxy knows the keys of a job.</summary>
    /// <exception cref="CliException">It does not in time. They are stored all the same.</exception>
    public async Task TakenOverAsync(ImportJob job)
    {
        if (job is { Epoch: { } epoch, Sequence: { } sequence })
        {
            await WaitAsync(async () => await KnowsAsync(epoch, sequence).ConfigureAwait(false), KeysNotTaken).ConfigureAwait(false);
        }
    }

    public Task<KeySummary> SummaryAsync() => GetAsync("keyhealth", "/keys/summary", ContractsJson.Default.KeySummary);

    /// <summary>Creates an access key; <see cref="AcceptedAsync"/> waits until it works.</summary>
    public Task<CreatedAccessKey> CreateAccessKeyAsync(CreateAccessKey create) =>
        SendJsonAsync(HttpMethod.Post, "keyhealth", "/access-keys", create, ContractsJson.Default.CreateAccessKey, ContractsJson.Default.CreatedAccessKey);

    /// <summary>Gives an access key another key; <see cref="AcceptedAsync"/> waits until it works.</summary>
    public Task<CreatedAccessKey> RotateAccessKeyAsync(Guid id, RotateAccessKey rotate) =>
        SendJsonAsync(HttpMethod.Post, "keyhealth", $"/access-keys/{id}/rotate", rotate, ContractsJson.Default.RotateAccessKey, ContractsJson.Default.CreatedAccessKey);

    /// <summary>Waits until the proxy accepts a new access key.</summary>
    /// <exception cref="CliException">It does not in time. The key is stored all the same, and nothing shows it again.</exception>
    public Task AcceptedAsync(CreatedAccessKey created) =>
        !created.IsPublished ? throw new CliException("It could not be published to the gateways yet, and will be as soon as that is possible.") : WaitAsync(() => KnowsAsync(created.Epoch, created.Sequence), "the gateway did not take over the access key");

    /// <summary>Takes over the client tokens of another gateway.</summary>
    public async Task<AccessKeyImportResult> ImportAccessKeysAsync(string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(system.Address("keyhealth"), "/access-keys/imports")) { Content = new StringContent(text, Encoding.UTF8, "text/plain") };
        using var response = await SendAsync("keyhealth", request).ConfigureAwait(false);
        return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.AccessKeyImportResult).ConfigureAwait(false))!;
    }

    /// <summary>Sends a contract and reads another one back.</summary>
    public async Task<TAnswer> SendJsonAsync<TBody, TAnswer>(HttpMethod method, string service, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType)
    {
        using var request = new HttpRequestMessage(method, new Uri(system.Address(service), path)) { Content = JsonContent.Create(body, bodyType) };
        using var response = await SendAsync(service, request).ConfigureAwait(false);
        return (await response.Content.ReadFromJsonAsync(answerType).ConfigureAwait(false))!;
    }

    /// <summary>The simulator's demo keys, as an import text.</summary>
    public async Task<string> SeedKeysAsync(Uri simulator)
    {
        using var response = await SendAsync("gemini-simulator", new HttpRequestMessage(HttpMethod.Get, new Uri(simulator, "/control/seed-keys"))).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync().ConfigureAwait(false);
    }

    private async Task<bool> KnowsAsync(Guid epoch, long sequence)
    {
        var status = await GetAsync("proxy", "/internal/status", ContractsJson.Default.ProxyStatus).ConfigureAwait(false);
        return status.Epoch == epoch && status.Sequence >= sequence;
    }

    /// <summary>Waits for a condition; with no complaint, time running out is no failure.</summary>
    private static async Task WaitAsync(Func<Task<bool>> condition, string? complaint)
    {
        var deadline = Environment.TickCount64 + (long)KeysTimeout.TotalMilliseconds;
        while (!await condition().ConfigureAwait(false))
        {
            if (Environment.TickCount64 > deadline)
            {
                if (complaint is null)
                {
                    return;
                }

                throw new CliException($"Within {KeysTimeout.TotalSeconds:0} s {complaint}; see ./gb status.");
            }

            await Task.Delay(Step).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string service, HttpRequestMessage request)
    {
        HttpResponseMessage response;
        try
        {
            response = await client.SendAsync(request).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            throw new CliException($"{service} does not answer; see ./gb status and ./gb logs {service}.");
        }
        catch (OperationCanceledException)
        {
            throw new CliException($"{service} did not answer within {client.Timeout.TotalSeconds:0} s; see ./gb status and ./gb logs {service}.");
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        var detail = await DetailAsync(response).ConfigureAwait(false);
        response.Dispose();
        throw new CliException(response.StatusCode == HttpStatusCode.Unauthorized
            ? $"{service} refuses the service token of this data folder."
            : $"{service} answered {(int)response.StatusCode}: {detail}");
    }

    private static async Task<string> DetailAsync(HttpResponseMessage response)
    {
        try
        {
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync().ConfigureAwait(false));
            return (string?)body?["detail"] ?? (string?)body?["title"] ?? "no detail";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "no detail";
        }
    }
}
