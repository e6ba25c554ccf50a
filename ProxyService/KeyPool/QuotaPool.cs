using System.Collections.Concurrent;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>What keys of one Google project share: its limits, and what was used of them.</summary>
/// <param name="name"><c>project:NAME</c>, or <c>key:ID</c> for a key whose project is unknown.</param>
internal sealed class QuotaPool(string name)
{
    private const int MostModels = 200;

    private readonly ConcurrentDictionary<string, QuotaUse> uses = new(StringComparer.Ordinal);
    private readonly QuotaUse otherModels = new("");
    private QuotaUse? latest;
    private volatile IReadOnlyList<QuotaWindow> everyModel = [];

    /// <summary>Its name, as KeyHealthService calls it.</summary>
    public string Name => name;

    /// <summary>What was used, by model.</summary>
    public IEnumerable<KeyValuePair<string, QuotaUse>> Uses => uses;

    /// <summary>The name of a key's pool.</summary>
    public static string NameOf(PoolKey key) => key.Project is { } project ? $"project:{project}" : $"key:{key.Id}";

    /// <summary>What was used for a model. Model names come from clients: beyond a bound they share one.</summary>
    public QuotaUse UseOf(string model)
    {
        if (latest is { } seen && seen.Model == model)
        {
            return seen;
        }

        if (!uses.TryGetValue(model, out var use))
        {
            use = uses.Count < MostModels ? uses.GetOrAdd(model, static (name, windows) => new QuotaUse(name, windows), everyModel) : otherModels;
        }

        latest = use;
        return use;
    }

    /// <summary>Takes over what KeyHealthService says of a model.</summary>
    /// <param name="model">The model; <c>*</c> for every one that has no limits of its own.</param>
    /// <param name="windows">Its limits and what all replicas have used; empty when it has none any more.</param>
    public void Publish(string model, IReadOnlyList<QuotaWindow> windows)
    {
        if (model != "*")
        {
            UseOf(model).Publish(windows.Count > 0 ? windows : everyModel, own: windows.Count > 0);
            return;
        }

        everyModel = windows;
        foreach (var use in uses.Values.Where(use => !use.IsOwn))
        {
            use.Publish(windows, own: false);
        }
    }

    /// <summary>Forgets all limits: another store speaks from now on.</summary>
    public void Forget()
    {
        everyModel = [];
        foreach (var use in uses.Values.Where(use => use.HasLimits))
        {
            use.Publish([], own: false);
        }
    }
}

/// <summary>
/// The use of one model in one pool: what was published of all replicas, and what this one has sent since. What it sent shortly before a publication may or may
/// not be in it, and is counted once more: use is rather seen too high for a second than too low.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="inherited">Limits of the pool for every model.</param>
internal sealed class QuotaUse(string model, IReadOnlyList<QuotaWindow>? inherited = null)
{
    private volatile IReadOnlyList<QuotaWindow> windows = inherited ?? [];
    private long requestsBefore;
    private long requests;
    private long tokensBefore;
    private long tokens;
    private long toolsRestUntil;

    /// <summary>The model.</summary>
    public string Model => model;

    /// <summary>Whether the limits are the model's own, not those of every model.</summary>
    public bool IsOwn { get; private set; }

    /// <summary>Whether any limit is known.</summary>
    public bool HasLimits => windows.Count > 0;

    /// <summary>A call begins.</summary>
    public void Sent() => Interlocked.Increment(ref requests);

    /// <summary>A call has cost input tokens.</summary>
    public void Paid(long inputTokens) => Interlocked.Add(ref tokens, inputTokens);

    /// <summary>Until when the model is not to be asked with Google's own tools; a moment that has passed when it may be.</summary>
    public DateTimeOffset ToolsRestUntil
    {
        get => new(Interlocked.Read(ref toolsRestUntil), TimeSpan.Zero);
        set => Interlocked.Exchange(ref toolsRestUntil, value.UtcTicks);
    }

    /// <summary>Takes over limits and use.</summary>
    public void Publish(IReadOnlyList<QuotaWindow> published, bool own)
    {
        Interlocked.Exchange(ref requestsBefore, Interlocked.Exchange(ref requests, 0));
        Interlocked.Exchange(ref tokensBefore, Interlocked.Exchange(ref tokens, 0));
        IsOwn = own;
        windows = published;
    }

    /// <summary>Share (0 to 1) of the scarcest limit that is left; null when no limit is known.</summary>
    /// <param name="now">The clock.</param>
    public double? Headroom(DateTimeOffset now)
    {
        double? least = null;
        foreach (var window in windows)
        {
            var left = Math.Clamp(1 - ((double)UsedOf(window, now) / Math.Max(1, window.Limit)), 0, 1);
            least = least is { } known && known < left ? known : left;
        }

        return least;
    }

    /// <summary>Until when a limit is known to be used up; null when there is room.</summary>
    /// <param name="now">The clock.</param>
    public DateTimeOffset? FullUntil(DateTimeOffset now)
    {
        DateTimeOffset? until = null;
        foreach (var window in windows)
        {
            if (window.EndsAt > now && UsedOf(window, now) >= window.Limit && !(until > window.EndsAt))
            {
                until = window.EndsAt;
            }
        }

        return until;
    }

    /// <summary>A window that has ended says nothing of the next: until there is word of that one, it counts as unused.</summary>
    private long UsedOf(QuotaWindow window, DateTimeOffset now)
    {
        if (window.EndsAt <= now)
        {
            return 0;
        }

        var sent = window.Metric is QuotaMetric.RequestsPerMinute or QuotaMetric.RequestsPerDay
            ? Interlocked.Read(ref requests) + Interlocked.Read(ref requestsBefore)
            : Interlocked.Read(ref tokens) + Interlocked.Read(ref tokensBefore);
        return window.Used + sent;
    }
}
