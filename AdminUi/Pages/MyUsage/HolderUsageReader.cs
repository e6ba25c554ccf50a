using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;

namespace GeminiBalance.AdminUi.Pages.MyUsage;

/// <summary>Asks the gateway for what the holder of an access key has used, with that key. It is not kept, and goes nowhere but into the header of that call.</summary>
/// <param name="http">Reaches the gateway, without a token of its own.</param>
/// <param name="guesses">Keeps guessing slow.</param>
internal sealed class HolderUsageReader(HttpClient http, HolderGuesses guesses)
{
    /// <summary>The longest access key that is tried.</summary>
    private const int Longest = 512;

    /// <summary>The gateway's word for a key that holds, but is bound to networks that this service is in none of.</summary>
    private const string WrongNetwork = "permission_denied";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Asks once.</summary>
    /// <param name="accessKey">What the holder typed.</param>
    /// <param name="from">Where the holder is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<HolderAnswer> ReadAsync(string? accessKey, IPAddress? from, CancellationToken cancellationToken)
    {
        // Counted before it is known to be wrong: many at the same time get no further than many in a row.
        if (guesses.Begin(from) is { } until)
        {
            return new HolderAnswer.Locked(until);
        }

        var key = accessKey?.Trim() ?? "";
        if (key.Length is 0 or > Longest || !key.All(letter => letter is > ' ' and <= '~'))
        {
            return new HolderAnswer.Refused();
        }

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/usage");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var response = await http.SendAsync(request, cancellationToken);

            // A key that holds is let in even while the gateway looks at no more wrong ones: whoever is told to wait showed a wrong one.
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests
                || (response.StatusCode == HttpStatusCode.Forbidden && await CodeAsync(response, cancellationToken) != WrongNetwork))
            {
                return new HolderAnswer.Refused();
            }

            guesses.Forgive(from);
            if (response.StatusCode == HttpStatusCode.Forbidden)
            {
                return new HolderAnswer.WrongNetwork();
            }

            return response.IsSuccessStatusCode && await response.Content.ReadFromJsonAsync<HolderUsage>(Json, cancellationToken) is { Limits: not null, Today.Models: not null, Month.Models: not null } usage
                ? new HolderAnswer.Read(usage)
                : new HolderAnswer.Away();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or ExecutionRejectedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            guesses.Forgive(from);
            return new HolderAnswer.Away();
        }
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var body = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
        return body.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
            && error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String
                ? code.GetString()
                : null;
    }
}
