using GeminiBalance.Contracts;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>What the store says of stated segments.</summary>
/// <param name="Store">What it calls itself, which changes when it is restored from a backup; null when it does not say.</param>
/// <param name="Verdicts">What it has of them.</param>
internal readonly record struct SegmentAnswer(Guid? Store, IReadOnlyList<SegmentVerdict> Verdicts);

/// <summary>States closed segments to the store and learns what it has of them.</summary>
internal delegate Task<SegmentAnswer> StateSegments(SegmentClosed[] stated, CancellationToken cancellationToken);

/// <summary>Calls StatsService.</summary>
/// <param name="client">The client; found by service discovery.</param>
internal sealed class SegmentsClient(HttpClient client)
{
    /// <summary>States segments, at most <see cref="SegmentClosed.MaximumSegments"/>.</summary>
    public async Task<SegmentAnswer> StateAsync(SegmentClosed[] stated, CancellationToken cancellationToken)
    {
        using var answer = await client.PostAsJsonAsync("/internal/segments", stated, ContractsJson.Default.SegmentClosedArray, cancellationToken).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        var verdicts = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.SegmentVerdictArray, cancellationToken).ConfigureAwait(false) ?? [];
        Guid? store = answer.Headers.TryGetValues(SegmentClosed.StoreHeader, out var named) && Guid.TryParse(named.FirstOrDefault(), out var id) ? id : null;
        return new SegmentAnswer(store, verdicts);
    }
}

/// <summary>
/// Compares the closed segments of the journal with the store, again and again until the store has them whole: only then may they be removed.
/// What the bus had taken and the store does not get is sent again, in growing intervals, under the same ids. A store that was restored from a backup has
/// lost what it had confirmed since: every segment that is still kept is compared anew, and what is missing is sent again at once.
/// </summary>
internal sealed partial class SegmentReconciler(
    JournalStore store,
    JournalPump pump,
    StateSegments state,
    ReplicaName replica,
    IOptionsMonitor<JournalOptions> options,
    TimeProvider time,
    ILogger<SegmentReconciler> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRepublishInterval = TimeSpan.FromHours(1);

    private readonly Dictionary<Guid, Doubt> doubts = [];
    private readonly HashSet<Guid> different = [];
    private readonly HashSet<Guid> lost = [];
    private bool complained;

    /// <summary>How many segments the store has otherwise than they were written.</summary>
    public int Mismatches => different.Count;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ReconcileAsync(stoppingToken).ConfigureAwait(false);
                complained = false;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // One line per outage: the segments wait as long as it lasts. The store or the bus is away, slow, or of another version.
                if (!complained)
                {
                    LogUnreachable(e.GetType().Name);
                }

                complained = true;
            }

            await Task.Delay(Beat, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One round: states what the store has not confirmed, and acts on what it says.</summary>
    internal async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var open = new Dictionary<Guid, Segment>();
        foreach (var segment in store.Segments)
        {
            if (open.Count < SegmentClosed.MaximumSegments && segment.IsClosed && segment.Notes.SentTo >= segment.Length && !segment.Notes.IsConfirmed)
            {
                open.Add(segment.Id, segment);
            }
        }

        // Also when there is nothing to state: the answer tells which store it is.
        var stated = open.Values.Select(segment => new SegmentClosed(replica.Value, segment.Id, segment.OpenedAt, segment.ClosedAt, segment.Facts, segment.Tokens)).ToArray();
        var answer = await state(stated, cancellationToken).ConfigureAwait(false);
        if (answer.Store is { } eventStore)
        {
            Meet(eventStore);
        }

        foreach (var verdict in answer.Verdicts)
        {
            if (open.TryGetValue(verdict.Segment, out var segment))
            {
                await TryActAsync(segment, verdict, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Notes which store answers; one that is new has no part in what was believed before.</summary>
    private void Meet(Guid eventStore)
    {
        var doubted = store.AnsweredBy(eventStore);
        if (doubted.Count == 0)
        {
            return;
        }

        LogOtherStore(doubted.Count);
        doubts.Clear();
        different.Clear();
        lost.UnionWith(doubted.Select(segment => segment.Id));
    }

    /// <summary>A segment that the disk does not give back must not hold up the others.</summary>
    private async Task TryActAsync(Segment segment, SegmentVerdict verdict, CancellationToken cancellationToken)
    {
        try
        {
            await ActAsync(segment, verdict, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (JournalDisk.IsFailure(e))
        {
            LogUnreadable(segment.Path, e.Message);
        }
    }

    private async Task ActAsync(Segment segment, SegmentVerdict verdict, CancellationToken cancellationToken)
    {
        switch (verdict.State)
        {
            case SegmentState.Confirmed:
                segment.Notes.Confirm();
                doubts.Remove(segment.Id);
                different.Remove(segment.Id);
                lost.Remove(segment.Id);
                break;
            case SegmentState.Incomplete:
                await DoubtAsync(segment, verdict.Facts, cancellationToken).ConfigureAwait(false);
                break;
            case SegmentState.Mismatch when different.Add(segment.Id):
                LogMismatch(segment.Path, segment.Facts, segment.Tokens, verdict.Facts, verdict.TotalTokens);
                break;
        }
    }

    private async Task DoubtAsync(Segment segment, long stored, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var patience = options.CurrentValue.RepublishAfter;
        if (lost.Remove(segment.Id))
        {
            doubts[segment.Id] = new Doubt(stored, now, patience);
            await pump.RepublishAsync(segment, cancellationToken).ConfigureAwait(false);
        }
        else if (!doubts.TryGetValue(segment.Id, out var doubt) || stored > doubt.Stored)
        {
            // New, or getting there.
            doubts[segment.Id] = new Doubt(stored, now, patience);
        }
        else if (now - doubt.Since >= doubt.Patience)
        {
            var next = doubt.Patience * 2;
            doubts[segment.Id] = new Doubt(stored, now, next < LongestRepublishInterval ? next : LongestRepublishInterval);
            await pump.RepublishAsync(segment, cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The store could not be asked for the segments of the journal ({Reason}); they are kept until it can.")]
    private partial void LogUnreachable(string reason);

    [LoggerMessage(LogLevel.Error, "The journal segment {Path} cannot be read to be sent again ({Reason}); that is tried again later.")]
    private partial void LogUnreadable(string path, string reason);

    [LoggerMessage(LogLevel.Error, "The store has the journal segment {Path} otherwise than it was written: {Facts} facts with {Tokens} tokens were written, {StoredFacts} with {StoredTokens} are stored.")]
    private partial void LogMismatch(string path, long facts, long tokens, long storedFacts, long storedTokens);

    [LoggerMessage(LogLevel.Warning, "Another event store answers, or one that was restored from a backup: {Segments} segments of the journal are compared with it anew, and what it lacks is sent again.")]
    private partial void LogOtherStore(int segments);

    /// <summary>A segment that is not complete in the store: how much of it is, since when nothing came, and when it is sent again.</summary>
    private readonly record struct Doubt(long Stored, DateTimeOffset Since, TimeSpan Patience);
}
