namespace GeminiBalance.Contracts;

/// <summary>
/// What one proxy has just seen of a key or a quota pool, told to the others over Redis so that they stop at once. KeyHealthService hears of it over the bus and
/// has the last word: its next change for the key ends a hint.
/// </summary>
/// <param name="Epoch">See <see cref="PoolSnapshot.Epoch"/>: hints of another store mean nothing.</param>
/// <param name="Origin">The replica that saw it.</param>
/// <param name="KeyId">The key that failed.</param>
/// <param name="Status">As what it is kept out; Cooling, Exhausted and NotOffered hold for all keys of its quota pool.</param>
/// <param name="Model">The model; null for all.</param>
/// <param name="Until">When it ends (UTC).</param>
public sealed record PoolHint(Guid Epoch, Guid Origin, Guid KeyId, KeyStatus Status, string? Model, DateTimeOffset Until);
