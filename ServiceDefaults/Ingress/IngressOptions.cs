using System.Net;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ServiceDefaults.Ingress;

/// <summary>Settings of section <c>Ingress</c>: what stands between the clients and this service.</summary>
public sealed class IngressOptions : IValidateOptions<IngressOptions>
{
    /// <summary>
    /// Networks of the proxies in front, in CIDR notation or as single addresses, separated by commas. What they say of a client in <c>X-Forwarded-For</c> and
    /// <c>X-Forwarded-Proto</c> is believed; nobody else's word is. Empty when clients connect directly.
    /// </summary>
    public string TrustedProxies { get; set; } = "";

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, IngressOptions options) =>
        Split(options.TrustedProxies).FirstOrDefault(text => !TryParse(text, out _)) is { } wrong
            ? ValidateOptionsResult.Fail($"Ingress:TrustedProxies holds '{wrong}', which is no network such as 10.0.0.0/8 and no address.")
            : ValidateOptionsResult.Success;

    /// <summary>The networks.</summary>
    internal IReadOnlyList<IPNetwork> Networks() => [.. Split(TrustedProxies).Select(text => TryParse(text, out var network) ? network : default)];

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool TryParse(string text, out IPNetwork network)
    {
        if (text.Contains('/', StringComparison.Ordinal))
        {
            return IPNetwork.TryParse(text, out network);
        }

        var isAddress = IPAddress.TryParse(text, out var address);
        network = isAddress ? new IPNetwork(address!, address!.GetAddressBytes().Length * 8) : default;
        return isAddress;
    }
}
