using System.Security.Cryptography;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Recognises an answer when it comes back as a part of its conversation: an answer without calls has no id that clients keep.</summary>
internal static class AnswerFingerprint
{
    /// <summary>The most bytes of a text that is recognised.</summary>
    public const int LongestText = 256 * 1024;

    /// <summary>The fingerprint of an answer.</summary>
    /// <param name="text">Its text in UTF-8.</param>
    public static string Of(ReadOnlySpan<byte> text) => "text-" + Convert.ToHexString(SHA256.HashData(text));
}
