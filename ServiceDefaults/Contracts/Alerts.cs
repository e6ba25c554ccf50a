namespace GeminiBalance.Contracts;

/// <summary>What an alert is about. At most one of each kind is open.</summary>
public enum AlertKind
{
    /// <summary>Closed segments of the proxies' journals do not agree with the store: something was lost or counted twice.</summary>
    AccountingMismatch,

    /// <summary>Facts are parked, or messages could not be worked off: they are in no sum until they are replayed.</summary>
    FactsAside,

    /// <summary>The views are further behind the store than they may be.</summary>
    ViewsBehind,
}

/// <summary>Something of the ledger that needs a person.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Value">How much of it there was when last looked at: segments, facts and messages, or seconds.</param>
/// <param name="RaisedAt">Since when (UTC).</param>
/// <param name="ResolvedAt">When it was over (UTC); null while it is not.</param>
public sealed record Alert(AlertKind Kind, double Value, DateTimeOffset RaisedAt, DateTimeOffset? ResolvedAt = null);
