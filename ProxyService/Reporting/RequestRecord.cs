using System.Diagnostics;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>What is known of a request so far; becomes exactly one fact. Used by one request at a time.</summary>
/// <param name="operation">What was asked for.</param>
/// <param name="ledger">Where the fact goes.</param>
/// <param name="metrics">What is counted.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestRecord(RequestOperation operation, IRequestLedger ledger, ProxyMetrics metrics, TimeProvider time)
{
    private readonly DateTimeOffset startedAt = time.GetUtcNow();
    private readonly long started = time.GetTimestamp();
    private readonly List<AttemptFact> attempts = new(1);
    private double? firstTokenMs;
    private bool completed;

    /// <summary>The request's id: of its fact, its answer's <c>x-request-id</c>.</summary>
    public Guid Id { get; } = Guid.CreateVersion7(time.GetUtcNow());

    /// <summary>Who asks.</summary>
    public Guid? AccessKeyId { get; set; }

    /// <summary>The model asked for; cut to 128 characters.</summary>
    public string? Model { get; set => field = value is { Length: > 128 } ? value[..128] : value; }

    /// <summary>The model that answered.</summary>
    public string? ModelServed { get; set; }

    /// <summary>Whether the answer is a stream.</summary>
    public bool Streamed { get; set; }

    /// <summary>Why the last key was chosen.</summary>
    public KeyChoice? Choice { get; set; }

    /// <summary>The tokens used.</summary>
    public TokenUsage? Tokens { get; set; }

    /// <summary>How many upstream calls have ended.</summary>
    public int Attempts => attempts.Count;

    /// <summary>How many upstream calls were begun.</summary>
    public int AttemptsBegun { get; private set; }

    /// <summary>Whether the fact was written.</summary>
    public bool IsCompleted => completed;

    /// <summary>W3C trace parent, when the request is being recorded.</summary>
    public static string? TraceParent => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>Notes that an upstream call begins.</summary>
    /// <returns>Timestamp of its start.</returns>
    public long BeginAttempt()
    {
        AttemptsBegun++;
        return time.GetTimestamp();
    }

    /// <summary>Notes that an upstream call has ended.</summary>
    /// <param name="key">The key used.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="status">The upstream's status, if one arrived.</param>
    /// <param name="callStarted">Timestamp of its start.</param>
    public void Attempted(Guid key, UpstreamOutcomeClass outcome, int? status, long callStarted)
    {
        attempts.Add(new AttemptFact(key, outcome, status, time.GetElapsedTime(callStarted).TotalMilliseconds));
        metrics.Attempted(outcome);
    }

    /// <summary>Notes that the first content goes to the client now.</summary>
    public void FirstToken()
    {
        if (firstTokenMs is null)
        {
            firstTokenMs = time.GetElapsedTime(started).TotalMilliseconds;
            metrics.FirstToken(firstTokenMs.Value);
        }
    }

    /// <summary>Writes the fact; only the first call does.</summary>
    /// <param name="outcome">The final outcome.</param>
    /// <param name="status">The status the client sees.</param>
    /// <param name="errorCode">The code of the error it sees.</param>
    public ValueTask CompleteAsync(RequestOutcome outcome, int status, string? errorCode = null)
    {
        if (completed)
        {
            return ValueTask.CompletedTask;
        }

        completed = true;
        var duration = time.GetElapsedTime(started).TotalMilliseconds;
        metrics.Completed(this, outcome, duration);
        return ledger.RecordAsync(new RequestFact(
            Id,
            startedAt,
            operation,
            outcome,
            status,
            errorCode,
            Model,
            ModelServed,
            AccessKeyId,
            attempts.Count > 0 ? attempts[^1].KeyId : null,
            attempts,
            Choice,
            Streamed,
            Tokens,
            Streamed ? firstTokenMs : null,
            duration,
            TraceParent));
    }
}
