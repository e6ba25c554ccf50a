using System.Buffers.Binary;
using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using GeminiBalance.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ServiceDefaults.Security;

/// <summary>Settings of section <c>Encryption</c>.</summary>
public sealed class EncryptionOptions
{
    /// <summary>What upstream keys are encrypted with: a random text of at least 32 characters. Lost means: every stored key is lost.</summary>
    [Required(ErrorMessage = "Encryption:Key is not set. Set it to a random text of at least 32 characters, and keep a copy: without it no stored key can be read.")]
    [MinLength(32, ErrorMessage = "Encryption:Key is too short: at least 32 random characters are needed.")]
    public string Key { get; set; } = "";

    /// <summary>Number of <see cref="Key"/>, stored beside every secret.</summary>
    [Range(1, int.MaxValue, ErrorMessage = "Encryption:KeyVersion must be 1 or more.")]
    public int KeyVersion { get; set; } = 1;
}

/// <summary>Refuses keys that are long but not random.</summary>
internal sealed class EncryptionKeyQuality : IValidateOptions<EncryptionOptions>
{
    public ValidateOptionsResult Validate(string? name, EncryptionOptions options) =>
        RandomText.LooksRepeated(options.Key)
            ? ValidateOptionsResult.Fail("Encryption:Key is not random: it repeats a few characters.")
            : ValidateOptionsResult.Success;
}

/// <summary>What a secret is for; part of what its ciphertext is bound to.</summary>
public static class SecretPurposes
{
    /// <summary>A Google Gemini API key.</summary>
    public const string UpstreamKey = "upstream-key";

    /// <summary>The proxy's copy of the pool on disk.</summary>
    public const string PoolDiskCopy = "pool-disk-copy";

    /// <summary>The settings in a proxy's disk copy.</summary>
    public const string SettingsDiskCopy = "settings-disk-copy";

    /// <summary>The value of a setting that holds passwords.</summary>
    public const string Setting = "setting";
}

/// <summary>A stored secret was changed, belongs to another record, or was encrypted with another key.</summary>
/// <param name="message">What could not be read; never the secret.</param>
public sealed class SecretUnreadableException(string message) : Exception(message);

/// <summary>
/// Encrypts secrets at rest with AES-256-GCM. The id, purpose and key version are associated data, so that a ciphertext
/// moved to another record does not decrypt. The keys for encryption and fingerprints are derived from <c>Encryption:Key</c> by HKDF-SHA-256 (RFC 5869).
/// </summary>
public sealed class SecretEncryption
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly byte[] encryptionKey;
    private readonly byte[] fingerprintKey;
    private readonly int keyVersion;

    /// <summary>Derives the keys.</summary>
    /// <param name="options">Validated at start.</param>
    public SecretEncryption(IOptions<EncryptionOptions> options)
    {
        var root = Encoding.UTF8.GetBytes(options.Value.Key);
        encryptionKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, root, 32, info: "geminibalance encryption"u8.ToArray());
        fingerprintKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, root, 32, info: "geminibalance fingerprint"u8.ToArray());
        keyVersion = options.Value.KeyVersion;
    }

    /// <summary>Encrypts a secret for one record.</summary>
    /// <param name="id">The record's id.</param>
    /// <param name="purpose">One of <see cref="SecretPurposes"/>.</param>
    /// <param name="secret">The secret.</param>
    public EncryptedSecret Encrypt(Guid id, string purpose, Secret secret) => Encrypt(id, purpose, Encoding.UTF8.GetBytes(secret.Reveal()));

    /// <summary>Encrypts bytes for one record.</summary>
    /// <param name="id">The record's id.</param>
    /// <param name="purpose">One of <see cref="SecretPurposes"/>.</param>
    /// <param name="plain">The bytes.</param>
    public EncryptedSecret Encrypt(Guid id, string purpose, ReadOnlySpan<byte> plain)
    {
        var data = new byte[NonceSize + plain.Length + TagSize];
        var nonce = data.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(encryptionKey, TagSize);
        aes.Encrypt(nonce, plain, data.AsSpan(NonceSize, plain.Length), data.AsSpan(NonceSize + plain.Length), AssociatedData(id, purpose, keyVersion));
        return new EncryptedSecret(keyVersion, Convert.ToBase64String(data));
    }

    /// <summary>Reads a secret back.</summary>
    /// <param name="id">The record's id.</param>
    /// <param name="purpose">The purpose it was encrypted for.</param>
    /// <param name="secret">What was stored.</param>
    /// <exception cref="SecretUnreadableException">It was changed, moved, or encrypted with another key.</exception>
    public Secret Decrypt(Guid id, string purpose, EncryptedSecret secret) => new(Encoding.UTF8.GetString(DecryptBytes(id, purpose, secret)));

    /// <summary>Reads bytes back.</summary>
    /// <inheritdoc cref="Decrypt"/>
    public byte[] DecryptBytes(Guid id, string purpose, EncryptedSecret secret)
    {
        if (secret.KeyVersion != keyVersion)
        {
            throw new SecretUnreadableException($"The {purpose} of {id} was encrypted with version {secret.KeyVersion} of Encryption:Key; this process has version {keyVersion}.");
        }

        try
        {
            var data = Convert.FromBase64String(secret.Data);
            var plain = new byte[data.Length - NonceSize - TagSize];
            using var aes = new AesGcm(encryptionKey, TagSize);
            aes.Decrypt(data.AsSpan(0, NonceSize), data.AsSpan(NonceSize, plain.Length), data.AsSpan(NonceSize + plain.Length), plain, AssociatedData(id, purpose, secret.KeyVersion));
            return plain;
        }
        catch (Exception e) when (e is CryptographicException or FormatException or OverflowException)
        {
            throw new SecretUnreadableException($"The {purpose} of {id} cannot be read: it was changed, or Encryption:Key is not the one it was encrypted with.");
        }
    }

    /// <summary>A keyed hash (HMAC-SHA-256, lower-case hex) that finds equal secrets without reading any.</summary>
    /// <param name="secret">The secret.</param>
    public string Fingerprint(Secret secret) => Convert.ToHexStringLower(HMACSHA256.HashData(fingerprintKey, Encoding.UTF8.GetBytes(secret.Reveal())));

    private static byte[] AssociatedData(Guid id, string purpose, int version)
    {
        var data = new byte[16 + 4 + Encoding.UTF8.GetByteCount(purpose)];
        id.TryWriteBytes(data, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(16), version);
        Encoding.UTF8.GetBytes(purpose, data.AsSpan(20));
        return data;
    }
}

/// <summary>Registers the encryption of secrets.</summary>
public static class SecretEncryptionExtensions
{
    /// <summary>Adds <see cref="SecretEncryption"/>; a missing or short <c>Encryption:Key</c> stops the start.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddSecretEncryption(this IServiceCollection services)
    {
        services.AddValidatedOptions<EncryptionOptions>("Encryption");
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EncryptionOptions>, EncryptionKeyQuality>());
        services.TryAddSingleton<SecretEncryption>();
        return services;
    }
}
