using System.Globalization;

namespace GeminiBalance.Cli;

/// <summary>Whether the upstream can be reached, and what its clock says.</summary>
internal static class UpstreamChecks
{
    private const string Google = "https://generativelanguage.googleapis.com";
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _drift = TimeSpan.FromMinutes(2);

    public static async Task<IReadOnlyList<Finding>> RunAsync(Func<string, string?> environment, TimeProvider time)
    {
        var text = environment("Gemini__BaseAddress") is { Length: > 0 } set ? set : Google;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return [new("Gemini__BaseAddress is no http or https address", "unset Gemini__BaseAddress, or correct it")];

        var host = address.GetLeftPart(UriPartial.Authority);
        // Any answer will do, and without a key there is only a refusal.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = _limit };
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, address);
            using var response = await client.SendAsync(request).ConfigureAwait(false);
            return [new($"{host} can be reached"), Clock(response.Headers.Date, time.GetUtcNow())];
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return [new($"{host} cannot be reached ('./gb demo' does not need it)", "allow outgoing HTTPS, or name a proxy for the upstream: ./gb settings set Upstream:Proxies ADDRESS", Needed: false)];
        }
    }

    public static Finding Clock(DateTimeOffset? theirs, DateTimeOffset ours)
    {
        if (theirs is not { } date) return new("Clock: not compared, the upstream did not say its time");
        var off = ours - date;
        var text = string.Create(CultureInfo.InvariantCulture, $"Clock differs from the upstream's by {Math.Abs(off.TotalSeconds):0} s");
        return off.Duration() < _drift ? new(text) : new(text, "set the clock, for example with: sudo timedatectl set-ntp true");
    }
}
