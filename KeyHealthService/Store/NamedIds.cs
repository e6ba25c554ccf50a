using System.Security.Cryptography;
using System.Text;

namespace GeminiBalance.KeyHealthService.Store;

/// <summary>Ids that follow from a name, so that whoever hears of a thing first finds the same stream.</summary>
internal static class NamedIds
{
    public static Guid Of(string name)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
