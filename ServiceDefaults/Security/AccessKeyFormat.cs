using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace GeminiBalance.ServiceDefaults.Security;

/// <summary>
/// The form of access keys: <c>sk-gb-</c>, 43 base62 characters of randomness (256 bits), 6 base62 characters of CRC-32 over all before.
/// The checksum lets a mistyped key be refused without a look-up.
/// </summary>
public static class AccessKeyFormat
{
    /// <summary>How every generated access key begins.</summary>
    public const string Prefix = "sk-gb-";

    /// <summary>Length of a generated access key.</summary>
    public const int Length = 6 + RandomLength + ChecksumLength;

    private const int RandomLength = 43;
    private const int ChecksumLength = 6;
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Makes a new access key from the system's random source.</summary>
    public static Secret Generate()
    {
        var body = Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        return new Secret(body + Checksum(body));
    }

    /// <summary>Whether a text has the form and checksum of a generated access key.</summary>
    /// <param name="text">What a client sent.</param>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length..].ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        return text[^ChecksumLength..].SequenceEqual(Checksum(text[..^ChecksumLength]));
    }

    /// <summary>SHA-256 in lower-case hex: what is stored of an access key. A fast hash is right for 256 random bits.</summary>
    /// <param name="key">The access key.</param>
    public static string Hash(ReadOnlySpan<char> key)
    {
        Span<byte> bytes = stackalloc byte[512];
        var size = Encoding.UTF8.GetByteCount(key);
        var utf8 = size <= bytes.Length ? bytes[..size] : new byte[size];
        Encoding.UTF8.GetBytes(key, utf8);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>The characters of a key that may be shown: the fixed prefix and four more.</summary>
    /// <param name="key">The access key.</param>
    public static string DisplayPrefix(Secret key) => key.Reveal()[..(Prefix.Length + 4)];

    private static string Checksum(ReadOnlySpan<char> body)
    {
        Span<byte> bytes = stackalloc byte[Length];
        var written = Encoding.ASCII.GetBytes(body, bytes);
        var rest = Crc32.HashToUInt32(bytes[..written]);
        Span<char> text = stackalloc char[ChecksumLength];
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(rest % (uint)Alphabet.Length)];
            rest /= (uint)Alphabet.Length;
        }

        return new string(text);
    }
}
