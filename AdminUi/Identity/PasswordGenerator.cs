using System.Security.Cryptography;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Makes passwords for operators who have none yet.</summary>
internal static class PasswordGenerator
{
    // Without the letters and digits that look alike: the password is read off a screen.
    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    private const int Length = 20;

    /// <summary>A random password of 20 characters, about 116 bits.</summary>
    public static string Generate() => RandomNumberGenerator.GetString(Alphabet, Length);
}
