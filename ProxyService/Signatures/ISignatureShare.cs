namespace GeminiBalance.ProxyService.Signatures;

/// <summary>Where replicas of the gateway leave signatures for each other: a conversation may be continued at another one. Best effort, and never waited for long.</summary>
internal interface ISignatureShare
{
    /// <summary>Leaves a signature. Returns at once.</summary>
    /// <param name="key">What it is found by.</param>
    /// <param name="signature">The signature.</param>
    void Put(string key, KnownSignature signature);

    /// <summary>Looks for signatures.</summary>
    /// <param name="keys">What they are found by.</param>
    /// <returns>One for each key, null for what is not there; nothing at all when it cannot be told in time.</returns>
    Task<IReadOnlyList<KnownSignature?>> FindAsync(IReadOnlyList<string> keys);
}

/// <summary>A signature, and the family of models that made it: no other takes it.</summary>
/// <param name="Signature">The signature; null when there is none.</param>
/// <param name="Family">The family.</param>
/// <param name="ServerTools">What Google's own tools did before the call or answer: JSON objects, separated by commas; null for nothing. Never shared.</param>
internal sealed record KnownSignature(string? Signature, string Family, string? ServerTools = null)
{
    /// <summary>Characters it takes.</summary>
    public int Length => Family.Length + (Signature?.Length ?? 0) + (ServerTools?.Length ?? 0);
}
