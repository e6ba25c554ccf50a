using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Responses;
using Microsoft.Extensions.Caching.Memory;

namespace GeminiBalance.ProxyService.Signatures;

/// <summary>
/// Remembers the thought signature of every call that went out, for clients that do not keep fields they do not know. In memory, bounded, forgotten
/// a day after the last use; never an event, never logged. Without an entry the conversation still works: see <c>SignaturePlan</c>.
/// </summary>
internal sealed class ThoughtSignatures : IDisposable
{
    /// <summary>The most characters kept, over all signatures.</summary>
    private const long Capacity = 64 * 1024 * 1024;

    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private readonly MemoryCache cache = new(new MemoryCacheOptions { SizeLimit = Capacity });

    /// <summary>Remembers a call's signature.</summary>
    /// <param name="callId">The call's id, as the client sees it.</param>
    /// <param name="signature">The signature.</param>
    /// <param name="family">The family of the model that made it.</param>
    public void Remember(string callId, string signature, string family) =>
        cache.Set(callId, new Entry(signature, family), new MemoryCacheEntryOptions { Size = callId.Length + signature.Length, SlidingExpiration = Kept });

    /// <summary>Remembers the signatures of an answer's calls.</summary>
    /// <param name="calls">The calls.</param>
    /// <param name="family">The family of the model that made them.</param>
    public void Remember(List<SignedCall> calls, string family)
    {
        foreach (var call in calls)
        {
            Remember(call.CallId, call.Signature, family);
        }
    }

    /// <summary>Gives every call of a conversation its signature back, and takes away those another family of models made: it would refuse them.</summary>
    /// <param name="request">The conversation.</param>
    /// <param name="family">The family of the model that will read it.</param>
    public void Restore(ChatRequest request, string family)
    {
        foreach (var call in request.Calls)
        {
            if (cache.TryGetValue(call.Id, out Entry? known))
            {
                call.Signature = known!.Family == family ? call.Signature ?? known.Signature : null;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => cache.Dispose();

    private sealed record Entry(string Signature, string Family);
}
