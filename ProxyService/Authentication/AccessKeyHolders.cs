using System.Net;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>What an access key allows its holder. Pure.</summary>
internal static class AccessKeyHolders
{
    /// <summary>Whether it may be used from an address.</summary>
    public static bool MayComeFrom(this PoolAccessKey key, IPAddress? address)
    {
        if (key.Addresses is not { Count: > 0 } networks)
        {
            return true;
        }

        if (address is null)
        {
            return false;
        }

        var from = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        for (var i = 0; i < networks.Count; i++)
        {
            if (IPNetwork.TryParse(networks[i], out var network) ? network.Contains(from) : IPAddress.TryParse(networks[i], out var single) && single.Equals(from))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it may use a model.</summary>
    public static bool MayUse(this PoolAccessKey key, string model)
    {
        if (key.Models is not { Count: > 0 } models)
        {
            return true;
        }

        for (var i = 0; i < models.Count; i++)
        {
            var allowed = models[i].AsSpan();
            if (allowed is [.. var beginning, '*'] ? model.AsSpan().StartsWith(beginning, StringComparison.OrdinalIgnoreCase) : allowed.Equals(model, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
