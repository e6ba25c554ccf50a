using System.Diagnostics;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting.Journaling;

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
    private Segment? began;
    private long attemptStarted;
    private double? firstByteMs;
    private double? firstTokenMs;
    private double upstreamMs;
    private int promptBytes;
    private long answerBytes;
    private bool completed;

    /// <summary>The request's id: of its fact, its answer's <c>x-request-id</c>.</summary>
    public Guid Id { get; } = RequestId.Create(time.GetUtcNow(), Random.Shared);

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

    /// <summary>The tokens used, as the client is told of them: those of the answer it gets.</summary>
    public TokenUsage? Tokens { get; private set; }

    /// <summary>The tokens that the last upstream call used itself, so far; null when it did not say.</summary>
    public TokenUsage? CallTokens { get; private set; }

    /// <summary>Whether <see cref="Tokens"/> is an estimate.</summary>
    public bool Estimated { get; set; }

    /// <summary>The id the client gave its request.</summary>
    public string? ClientRequestId { get; set; }

    /// <summary>Milliseconds until the upstream of the last call began to answer; null when it did not.</summary>
    public double? FirstByteMs => firstByteMs;

    /// <summary>How many upstream calls have ended.</summary>
    public int Attempts => attempts.Count;

    /// <summary>How many upstream calls were begun.</summary>
    public int AttemptsBegun { get; private set; }

    /// <summary>Whether the fact was written.</summary>
    public bool IsCompleted => completed;

    /// <summary>W3C trace parent, when the request is being recorded.</summary>
    public static string? TraceParent => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>Notes that an upstream call begins. The first one is written down before it is made: it costs from then on.</summary>
    /// <param name="key">The key about to be used.</param>
    /// <param name="sentBytes">Size of what the upstream is sent.</param>
    /// <param name="mostAnswerTokens">The most tokens its answer can hold.</param>
    /// <returns>Timestamp of its start.</returns>
    public async ValueTask<long> BeginAttemptAsync(Guid key, int sentBytes, int mostAnswerTokens)
    {
        promptBytes = sentBytes;
        if (AttemptsBegun++ == 0)
        {
            began = await ledger.BeginAsync(new RequestStart(Id, startedAt, operation, AccessKeyId, key, Model, Streamed, sentBytes, TraceParent, ClientRequestId, mostAnswerTokens)).ConfigureAwait(false);
        }

        firstByteMs = null;
        CallTokens = null;
        return attemptStarted = time.GetTimestamp();
    }

    /// <summary>Notes that the head of the upstream's answer has arrived.</summary>
    public void HeadArrived() => firstByteMs = Since(attemptStarted);

    /// <summary>Notes what the upstream call under way has used.</summary>
    /// <param name="tokens">Its tokens so far; null when it has not said.</param>
    /// <param name="all">Those of the whole request, where it takes several calls that are answered; null where the call is all of it.</param>
    public void Used(TokenUsage? tokens, TokenUsage? all = null)
    {
        CallTokens = tokens ?? CallTokens;
        Tokens = all ?? tokens ?? Tokens;
    }

    /// <summary>Notes that content of the upstream has arrived: what an answer that is cut off is estimated by.</summary>
    public void ContentArrived(int bytes) => answerBytes += bytes;

    /// <summary>Notes that an upstream call has ended.</summary>
    /// <param name="key">The key used.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="status">The upstream's status, if one arrived.</param>
    /// <param name="callStarted">Timestamp of its start.</param>
    /// <param name="reason">The upstream's own word for a refusal.</param>
    public void Attempted(Guid key, UpstreamOutcomeClass outcome, int? status, long callStarted, string? reason = null)
    {
        var took = Since(callStarted);
        upstreamMs += took;
        attempts.Add(new AttemptFact(key, outcome, status, took, firstByteMs, reason));
        metrics.Attempted(outcome, took);
    }

    /// <summary>Notes that the first content goes to the client now.</summary>
    public void FirstToken()
    {
        if (firstTokenMs is null)
        {
            firstTokenMs = Since(started);
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
        var duration = Since(started);
        if (Tokens is null && IsPaidForUnseen(outcome))
        {
            Tokens = UsageEstimate.Of(promptBytes, answerBytes);
            Estimated = true;
        }

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
            TraceParent,
            Estimated,
            Rounded(Math.Max(0, duration - upstreamMs)),
            ClientRequestId: ClientRequestId), began);
    }

    /// <summary>Milliseconds to the microsecond: more digits would be written, sent and stored for every request, and mean nothing.</summary>
    private double Since(long timestamp) => Rounded(time.GetElapsedTime(timestamp).TotalMilliseconds);

    private static double Rounded(double milliseconds) => Math.Round(milliseconds, 3);

    /// <summary>Whether the upstream was at work and did not come to say what that cost: we hung up, or the answer was cut off.</summary>
    private bool IsPaidForUnseen(RequestOutcome outcome) => AttemptsBegun > 0
        && (outcome == RequestOutcome.Aborted || answerBytes > 0 || attempts.Count < AttemptsBegun || attempts[^1].Outcome == UpstreamOutcomeClass.Cancelled);
}
