using System.Buffers;
using System.Security.Cryptography;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>What is the same in a whole answer and in every chunk of a stream.</summary>
/// <param name="Model">The model as the client named it, as a JSON string with quotes.</param>
/// <param name="Created">Unix seconds.</param>
internal readonly record struct AnswerEnvelope(byte[] Model, long Created)
{
    private const int RandomLength = 24;
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create(Base62 + "-_");

    /// <summary>Appends <c>{"id":…,"object":…,"created":…,"model":…,"system_fingerprint":null</c>.</summary>
    /// <param name="target">Gets the JSON.</param>
    /// <param name="kind">Value of <c>object</c>.</param>
    /// <param name="id">The answer's id.</param>
    public void Append(PooledBuffer target, ReadOnlySpan<byte> kind, string id)
    {
        target.Append("{\"id\":\""u8);
        System.Text.Encoding.ASCII.GetBytes(id, target.GetSpan(id.Length));
        target.Advance(id.Length);
        target.Append("\",\"object\":\""u8);
        target.Append(kind);
        target.Append("\",\"created\":"u8);
        target.AppendNumber(Created);
        target.Append(",\"model\":"u8);
        target.Append(Model);
        target.Append(",\"system_fingerprint\":null"u8);
    }

    /// <summary>The id clients see: made of the upstream's, so that both can be found together, or random.</summary>
    /// <param name="responseId">The upstream's id.</param>
    public static string IdFor(string? responseId) => responseId is { Length: > 0 and <= 100 } && !responseId.AsSpan().ContainsAnyExcept(IdCharacters)
        ? $"chatcmpl-{responseId}"
        : $"chatcmpl-{RandomNumberGenerator.GetString(Base62, RandomLength)}";
}
