using System.Runtime.InteropServices;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Responses;
using Microsoft.Extensions.Caching.Memory;

namespace GeminiBalance.ProxyService.Signatures;

/// <summary>
/// Remembers the thought signature of every call and answer that went out, and what Google's own tools did before it, for clients that do not keep fields they do not know. In memory, bounded, forgotten
/// a day after the last use; never an event, never logged. Without an entry the conversation still works: see <c>SignaturePlan</c>.
/// </summary>
/// <param name="share">What other replicas have answered.</param>
internal sealed class ThoughtSignatures(ISignatureShare share) : IDisposable
{
    /// <summary>The most characters kept, over all signatures.</summary>
    private const long Capacity = 64 * 1024 * 1024;

    private const int LongestId = 256;

    /// <summary>How many answers of a conversation are looked up by their text, the newest first: it costs a hash, and nobody checks old ones.</summary>
    private const int MostTexts = 8;

    private const int MostAskedFor = 32;

    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private readonly MemoryCache cache = new(new MemoryCacheOptions { SizeLimit = Capacity });

    /// <summary>Remembers the signatures of an answer.</summary>
    /// <param name="owner">The access key that got it.</param>
    /// <param name="signed">The signatures.</param>
    /// <param name="family">The family of the model that made them.</param>
    public void Remember(Guid? owner, List<SignedCall> signed, string family)
    {
        foreach (var one in signed)
        {
            if (KeyOf(owner, one.CallId) is { } key)
            {
                var known = new KnownSignature(one.Signature, family, one.ServerTools);
                Keep(key, known);
                if (!one.IsText && one.Signature is not null)
                {
                    // What tools did holds words of the client, which are kept nowhere but in this process.
                    share.Put(key, known with { ServerTools = null });
                }
            }
        }
    }

    /// <summary>Gives every call and answer of a conversation its signature back, and takes away those another family of models made: it would refuse them.</summary>
    /// <param name="owner">The access key that asks.</param>
    /// <param name="request">The conversation.</param>
    /// <param name="body">The bytes it was read from.</param>
    /// <param name="profile">The family of the model that will read it.</param>
    public async ValueTask RestoreAsync(Guid? owner, ChatRequest request, ReadOnlyMemory<byte> body, ModelProfile profile)
    {
        foreach (var call in request.Calls)
        {
            if (KeyOf(owner, call.Id) is { } key && cache.TryGetValue(key, out KnownSignature? known))
            {
                Restore(call, known!, profile);
            }
        }

        if (!profile.EnforcesSignatures)
        {
            return;
        }

        RestoreTexts(owner, request, body.Span, profile);
        if (Missing(owner, request) is not { } missing)
        {
            return;
        }

        var found = await share.FindAsync(missing.ConvertAll(one => one.Key)).ConfigureAwait(false);
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i] is { } known)
            {
                Keep(missing[i].Key, known);
                Restore(missing[i].Call, known, profile);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => cache.Dispose();

    private static void Restore(ToolCall call, KnownSignature known, ModelProfile profile)
    {
        var fits = known.Family == profile.Prefix;
        call.Signature = fits ? call.Signature ?? known.Signature : null;
        call.ServerTools = fits ? known.ServerTools : null;
    }

    /// <summary>The calls whose signatures will be demanded and are not here: the first of every step since the user last spoke.</summary>
    private List<(string Key, ToolCall Call)>? Missing(Guid? owner, ChatRequest request)
    {
        List<(string, ToolCall)>? missing = null;
        for (var i = request.Messages.Count - 1; i >= 0 && request.Messages[i].Role != ChatRole.User; i--)
        {
            var message = request.Messages[i];
            if (message is { CallCount: > 0, Signature: null } && request.Calls[message.FirstCall] is { Signature: null } call && KeyOf(owner, call.Id) is { } key
                && !cache.TryGetValue(key, out _) && (missing ??= []).Count < MostAskedFor)
            {
                missing.Add((key, call));
            }
        }

        return missing;
    }

    private void RestoreTexts(Guid? owner, ChatRequest request, ReadOnlySpan<byte> body, ModelProfile profile)
    {
        var left = MostTexts;
        for (var i = request.Messages.Count - 1; i >= 0 && left > 0; i--)
        {
            var message = request.Messages[i];
            if (message is { Role: ChatRole.Assistant, CallCount: 0, Signature: null } && Fingerprint(request, message, body) is { } id)
            {
                left--;
                if (cache.TryGetValue(KeyOf(owner, id)!, out KnownSignature? known) && known!.Family == profile.Prefix)
                {
                    request.Messages[i] = message with { Signature = known.Signature, ServerTools = message.ServerTools ?? known.ServerTools };
                }
            }
        }
    }

    private static string? Fingerprint(ChatRequest request, ChatMessage message, ReadOnlySpan<byte> body)
    {
        // An answer comes back as the one text it was, with the images behind it.
        var parts = CollectionsMarshal.AsSpan(request.Parts).Slice(message.FirstPart, message.PartCount);
        foreach (var part in parts.Length > 1 ? parts[1..] : default)
        {
            if (part.Media is null)
            {
                return null;
            }
        }

        return parts is [{ Media: null } only, ..] && only.Text.Length <= AnswerFingerprint.LongestText ? AnswerFingerprint.Of(JsonText.Unescape(only.Text.InnerIn(body))) : null;
    }

    private void Keep(string key, KnownSignature known) =>
        cache.Set(key, known, new MemoryCacheEntryOptions { Size = key.Length + known.Length, SlidingExpiration = Kept });

    private static string? KeyOf(Guid? owner, string id) => id.Length <= LongestId ? $"{owner:N}:{id}" : null;
}

/// <summary>Registers the memory of thought signatures.</summary>
internal static class SignaturesExtensions
{
    /// <summary>Adds it.</summary>
    public static IHostApplicationBuilder AddThoughtSignatures(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ISignatureShare, RedisSignatures>();
        builder.Services.AddSingleton<ThoughtSignatures>();
        return builder;
    }
}
