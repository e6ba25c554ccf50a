using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting.Journaling;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Where requests are written down. Never waits for the bus.</summary>
internal interface IRequestLedger
{
    /// <summary>Facts that the bus has not confirmed yet.</summary>
    long Unsent { get; }

    /// <summary>Makes room for one more request's fact; <see cref="Leave"/> gives the room back when the request is over.</summary>
    /// <returns>False when nothing more can be written down: the request must be refused.</returns>
    bool TryAdmit();

    /// <summary>An admitted request is over.</summary>
    void Leave();

    /// <summary>Writes down that the upstream is about to be asked. Called at most once per request, before the first call.</summary>
    /// <returns>Where it was written, for <see cref="RecordAsync"/>.</returns>
    ValueTask<Segment?> BeginAsync(in RequestStart start);

    /// <summary>Writes a fact down. Called once per request, before the last byte of its answer is sent.</summary>
    /// <param name="fact">The fact.</param>
    /// <param name="began">What <see cref="BeginAsync"/> returned; null when the upstream was not asked.</param>
    ValueTask RecordAsync(RequestFact fact, Segment? began);
}
