using GeminiBalance.ProxyService.Signatures;

namespace GeminiBalance.ProxyService.Tests.Signatures;

/// <summary>A place to share signatures, without Redis.</summary>
internal sealed class SignatureShareStub : ISignatureShare
{
    /// <summary>What was left there.</summary>
    public Dictionary<string, KnownSignature> Kept { get; } = [];

    /// <summary>How often it was asked.</summary>
    public int Asked { get; private set; }

    /// <inheritdoc />
    public void Put(string key, KnownSignature signature) => Kept[key] = signature;

    /// <inheritdoc />
    public Task<IReadOnlyList<KnownSignature?>> FindAsync(IReadOnlyList<string> keys)
    {
        Asked++;
        return Task.FromResult<IReadOnlyList<KnownSignature?>>([.. keys.Select(key => Kept.GetValueOrDefault(key))]);
    }
}
