using System.Security.Cryptography;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>Thought signatures: opaque to a caller, and recognised when they come back.</summary>
public static class ThoughtSignature
{
    private const int SeedLength = 24;
    private const int CheckLength = 8;

    /// <summary>A signature decided by a digest.</summary>
    /// <param name="digest">At least 24 bytes.</param>
    public static string Make(ReadOnlySpan<byte> digest)
    {
        Span<byte> bytes = stackalloc byte[SeedLength + CheckLength];
        digest[..SeedLength].CopyTo(bytes);
        Check(bytes).CopyTo(bytes[SeedLength..]);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>Whether Google would take a signature: one made here, or one of the two words it documents for history it did not write.</summary>
    /// <param name="signature">The signature.</param>
    public static bool IsValid(string signature)
    {
        if (signature is "skip_thought_signature_validator" or "context_engineering_is_the_way_to_go")
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[SeedLength + CheckLength];
        var plain = signature.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        return Convert.TryFromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='), bytes, out var length)
            && length == bytes.Length
            && Check(bytes).SequenceEqual(bytes[SeedLength..]);
    }

    private static ReadOnlySpan<byte> Check(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes[..SeedLength]).AsSpan(0, CheckLength);
}
