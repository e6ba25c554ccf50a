namespace GeminiBalance.KeyHealthService.Store;

/// <summary>What every event of this service says: who or what caused it, and when.</summary>
internal interface IPoolEvent
{
    /// <summary>An operator's name, <c>probe</c>, <c>clock</c>, or the proxy that saw the cause.</summary>
    string By { get; }

    /// <summary>When it was decided (UTC).</summary>
    DateTimeOffset At { get; }
}

/// <summary>The names events give to causes that are no operator.</summary>
internal static class Causers
{
    /// <summary>A scheduled or asked-for probe.</summary>
    public const string Probe = "probe";

    /// <summary>Time passed.</summary>
    public const string Clock = "clock";

    /// <summary>A guard that took failures for trouble of the upstream or the address.</summary>
    public const string Guard = "guard";

    /// <summary>The policy that retires dead keys.</summary>
    public const string Cleanup = "cleanup";

    /// <summary>A failed request that a proxy reported.</summary>
    public static string Proxy(string name) => name.StartsWith("proxy", StringComparison.Ordinal) ? name : $"proxy {name}";
}
