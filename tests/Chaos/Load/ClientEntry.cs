namespace GeminiBalance.Chaos.Load;

/// <summary>How a request ended, as its client saw it.</summary>
internal enum ClientOutcome
{
    /// <summary>The whole answer came.</summary>
    Complete,

    /// <summary>A whole error came.</summary>
    Refused,

    /// <summary>A stream ended with an error that was told.</summary>
    Interrupted,

    /// <summary>The client left on purpose.</summary>
    HungUp,

    /// <summary>The connection broke, or nothing came in time.</summary>
    Cut,

    /// <summary>No connection could be made.</summary>
    Unreached,
}

/// <summary>One request in the ledger of the clients.</summary>
/// <param name="Tag">What its prompt and its client id call it; never used twice.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Status">The status that came; 0 for none.</param>
/// <param name="RequestId">The gateway's own id for it, when its head came.</param>
/// <param name="Tokens">The total of the usage that came with it.</param>
/// <param name="Code">The code of the error that came.</param>
internal sealed record ClientEntry(string Tag, ClientOutcome Outcome, int Status = 0, Guid? RequestId = null, long? Tokens = null, string? Code = null);
