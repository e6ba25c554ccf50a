using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Limits;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>
/// A client's request on its way to the upstream, whatever it asks for. The <see cref="Forwarder"/> decides which key is tried and when to stop;
/// the call knows how to make one attempt, how to end its answer, and how to mend itself.
/// </summary>
/// <param name="model">The checked name of the upstream model.</param>
/// <param name="record">What is known of the request.</param>
/// <param name="answer">The answer to the client.</param>
/// <param name="bodyBytes">About how much it will send the upstream.</param>
/// <param name="outgoingBytes">About how much it will have ready for the client at once: thousands of streams may be open.</param>
internal abstract class GatewayCall(string model, RequestRecord record, ClientAnswer answer, int bodyBytes = GatewayCall.UsualBytes, int outgoingBytes = GatewayCall.UsualBytes) : IDisposable
{
    /// <summary>Where nothing better is known.</summary>
    protected const int UsualBytes = 4096;

    private TimeSpan deadline = TimeSpan.MaxValue;
    private long began;

    /// <summary>The checked name of the upstream model.</summary>
    public string Model { get; protected set; } = model;

    /// <summary>What is known of the request.</summary>
    public RequestRecord Record => record;

    /// <summary>The answer to the client.</summary>
    public ClientAnswer Answer => answer;

    /// <summary>The upstream's method, with its query if it needs one: <c>streamGenerateContent?alt=sse</c>.</summary>
    public abstract string Method { get; }

    /// <summary>The request in Gemini's form.</summary>
    public PooledBuffer Body { get; private set; } = new(bodyBytes);

    /// <summary>What is to be sent to the client next.</summary>
    public PooledBuffer Outgoing { get; } = new(outgoingBytes);

    /// <summary>The key of the attempt under way; the way to the upstream hangs on it.</summary>
    public Guid KeyId { get; set; }

    /// <summary>The HTTP status of the last attempt; null when none arrived.</summary>
    public int? UpstreamStatus { get; set; }

    /// <summary>Set when an upstream connection may still read <see cref="Body"/>: then its memory is not given back.</summary>
    public bool BodyMayBeRead { get; set; }

    /// <summary>Makes one attempt. Everything that is no good answer is an outcome, never an exception.</summary>
    /// <param name="key">The key.</param>
    /// <param name="alive">Ends when the client goes away or the process has drained long enough.</param>
    /// <returns>After <see cref="UpstreamOutcome.Answered"/>, <see cref="FinishAsync"/> is called next.</returns>
    public abstract Task<UpstreamOutcome> AttemptAsync(Secret key, CancellationToken alive);

    /// <summary>Goes on to the next upstream call of a request that takes several, one after the other.</summary>
    /// <returns>False when the last one was answered.</returns>
    public virtual bool TryAdvance() => false;

    /// <summary>Sends what completes the answer. The request's fact has been written before.</summary>
    /// <param name="client">Ends when the client goes away.</param>
    public abstract Task FinishAsync(CancellationToken client);

    /// <summary>Tells the client that the request has failed, in its own dialect.</summary>
    /// <param name="error">The error.</param>
    /// <param name="client">Ends when the client goes away.</param>
    public virtual Task FailAsync(OpenAiError error, CancellationToken client) => Answer.FailAsync(error, client);

    /// <summary>The most tokens its answer can hold, by what was asked and by its model; 0 when it writes none.</summary>
    public virtual int MostAnswerTokens => 0;

    /// <summary>What ties the call to a quota pool.</summary>
    public virtual CallTies Ties => default;

    /// <summary>The access key that asks; null for none.</summary>
    public PoolAccessKey? Holder { get; set; }

    /// <summary>What it has reserved of its access key's limits, and in which account.</summary>
    public (LimitDemand Demand, ILimitStore Account)? Reserved { get; set; }

    /// <summary>Where it has its place among the calls for its model; null before it was let in.</summary>
    public CallPlaces? Place { get; set; }

    /// <summary>What is left to do when the call may go on: one that is turned away must not cost it. Says why the request is refused; null when <see cref="Body"/> stands already.</summary>
    public Func<CancellationToken, ValueTask<OpenAiError?>>? Preparation { get; set; }

    /// <summary>About how many bytes it will send the upstream, while <see cref="Body"/> does not stand yet.</summary>
    public int? ExpectedBytes { get; set; }

    /// <summary>Sets how long it may take until an answer begins, over all attempts.</summary>
    public void BeginsWithin(TimeSpan limit, TimeProvider time) => (deadline, began) = (limit, time.GetTimestamp());

    /// <summary>What is left of that time.</summary>
    public TimeSpan TimeLeft(TimeProvider time) => deadline - time.GetElapsedTime(began);

    /// <summary>Turns the call to another model, because the one asked for cannot answer.</summary>
    /// <param name="other">The checked name of the other model.</param>
    /// <returns>False when the request cannot be put to it.</returns>
    public virtual bool TryTurnTo(string other) => false;

    /// <summary>Changes <see cref="Body"/> so that the key that has just refused it may take it: another try of the same key follows at once.</summary>
    /// <param name="outcome">The refusal.</param>
    /// <returns>False when there is nothing to mend; also when it was mended often enough.</returns>
    public virtual bool TryRepair(UpstreamOutcome outcome) => false;

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Empties <see cref="Body"/> to be written anew; an upstream connection that still reads the old one keeps it.</summary>
    protected void RenewBody()
    {
        if (BodyMayBeRead)
        {
            Body.Abandon();
            Body = new PooledBuffer();
            BodyMayBeRead = false;
        }

        Body.Clear();
    }

    /// <summary>Gives the memory back.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (BodyMayBeRead)
        {
            Body.Abandon();
        }

        Body.Dispose();
        Outgoing.Dispose();
    }
}
