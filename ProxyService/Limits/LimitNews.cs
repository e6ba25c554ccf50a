namespace GeminiBalance.ProxyService.Limits;

/// <summary>What an account has not been told yet.</summary>
internal sealed class LimitNews
{
    /// <summary>Requests that were let in.</summary>
    public long Requests { get; private set; }

    /// <summary>Tokens that were reserved, less what was reserved and not used.</summary>
    public long Tokens { get; private set; }

    /// <summary>Their cost, in millionths of a US dollar.</summary>
    public long Cost { get; private set; }

    /// <summary>What was spent of days and months while Redis was away.</summary>
    public Spent Alone { get; private set; }

    /// <summary>Places taken that are not given back yet.</summary>
    public HashSet<Guid> Taken { get; } = [];

    /// <summary>Places the account knows of that are free again.</summary>
    public List<Guid> Given { get; } = [];

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => Requests == 0 && Tokens == 0 && Cost == 0 && Taken.Count == 0 && Given.Count == 0 && Alone == default;

    /// <summary>Adds to it.</summary>
    public void Add(long requests, long tokens, long cost) => (Requests, Tokens, Cost) = (Requests + requests, Tokens + tokens, Cost + cost);

    /// <summary>Adds what was spent while Redis was away.</summary>
    public void Add(in Spent alone) => Alone = Alone == default ? alone : Alone.Plus(alone);
}
