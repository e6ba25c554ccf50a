using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Where finished requests are written down. Never waits for the bus.</summary>
internal interface IRequestLedger
{
    /// <summary>Facts that the bus has not confirmed yet.</summary>
    long Unsent { get; }

    /// <summary>Writes a fact down. Called once per request, before the last byte of its answer is sent.</summary>
    ValueTask RecordAsync(RequestFact fact);
}
