using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Security;

public sealed class SecretEncryptionTests
{
    private static readonly Guid Id = Guid.CreateVersion7();
    private static readonly Secret Key = new("AQ.Ab8-a-key-with-a-name-0123456789");
    private readonly SecretEncryption encryption = With("an encryption key of more than 32 characters", 1);

    [Fact]
    public void Decrypt_WhatWasEncrypted_GivesItBack() =>
        Assert.Equal(Key, encryption.Decrypt(Id, SecretPurposes.UpstreamKey, encryption.Encrypt(Id, SecretPurposes.UpstreamKey, Key)));

    [Fact]
    public void Encrypt_Twice_GivesDifferentCiphertexts() =>
        Assert.NotEqual(encryption.Encrypt(Id, SecretPurposes.UpstreamKey, Key).Data, encryption.Encrypt(Id, SecretPurposes.UpstreamKey, Key).Data);

    [Fact]
    public void Decrypt_AnyBitFlipped_IsRefused()
    {
        var stored = encryption.Encrypt(Id, SecretPurposes.UpstreamKey, Key);
        var data = Convert.FromBase64String(stored.Data);
        for (var bit = 0; bit < data.Length * 8; bit++)
        {
            data[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<SecretUnreadableException>(() => encryption.Decrypt(Id, SecretPurposes.UpstreamKey, stored with { Data = Convert.ToBase64String(data) }));
            data[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Decrypt_MovedToAnotherRecordPurposeOrKey_IsRefused()
    {
        var stored = encryption.Encrypt(Id, SecretPurposes.UpstreamKey, Key);

        Assert.Throws<SecretUnreadableException>(() => encryption.Decrypt(Guid.CreateVersion7(), SecretPurposes.UpstreamKey, stored));
        Assert.Throws<SecretUnreadableException>(() => encryption.Decrypt(Id, SecretPurposes.PoolDiskCopy, stored));
        Assert.Throws<SecretUnreadableException>(() => With("another encryption key of 32 characters and more", 1).Decrypt(Id, SecretPurposes.UpstreamKey, stored));
        Assert.Throws<SecretUnreadableException>(() => With("an encryption key of more than 32 characters", 2).Decrypt(Id, SecretPurposes.UpstreamKey, stored));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("no base64 at all!")]
    public void Decrypt_NoCiphertextAtAll_IsRefused(string data) =>
        Assert.Throws<SecretUnreadableException>(() => encryption.Decrypt(Id, SecretPurposes.UpstreamKey, new EncryptedSecret(1, data)));

    [Fact]
    public void Refusal_Message_HoldsNeitherSecretNorCiphertext()
    {
        var stored = encryption.Encrypt(Id, SecretPurposes.UpstreamKey, Key);
        var refusal = Assert.Throws<SecretUnreadableException>(() => encryption.Decrypt(Guid.Empty, SecretPurposes.UpstreamKey, stored));

        Assert.DoesNotContain(stored.Data, refusal.ToString(), StringComparison.Ordinal);
        Assert.Contains("Encryption:Key", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fingerprint_OfEqualSecrets_IsEqualAndBoundToTheKey()
    {
        Assert.Equal(encryption.Fingerprint(Key), encryption.Fingerprint(new Secret(Key.Reveal())));
        Assert.NotEqual(encryption.Fingerprint(Key), encryption.Fingerprint(new Secret(Key.Reveal() + "x")));
        Assert.NotEqual(encryption.Fingerprint(Key), With("another encryption key of 32 characters and more", 1).Fingerprint(Key));
    }

    private static SecretEncryption With(string key, int version) => new(Options.Create(new EncryptionOptions { Key = key, KeyVersion = version }));
}
