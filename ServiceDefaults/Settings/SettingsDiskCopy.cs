using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Where the settings last seen lie on disk.</summary>
/// <param name="Value">The path; null for nowhere.</param>
internal sealed record SettingsDiskPath(string? Value);

/// <summary>The last settings on disk: encrypted, and bound to being settings, so that nobody changes the gateway by changing a file.</summary>
internal sealed partial class SettingsDiskCopy(SettingsDiskPath place, SecretEncryption encryption, ILogger<SettingsDiskCopy> logger)
{
    private static readonly Guid CopyId = new("b5f40d0c-52a4-4c8e-9d0b-8f1b6a0f9c35");

    /// <summary>The settings last seen; null when there is no copy, or none that can be trusted.</summary>
    public async Task<PublishedSettings?> LoadAsync(CancellationToken cancellationToken)
    {
        if (place.Value is not { } path || !File.Exists(path))
        {
            return null;
        }

        try
        {
            var secret = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false), ContractsJson.Default.EncryptedSecret);
            return secret is null ? null : JsonSerializer.Deserialize(encryption.DecryptBytes(CopyId, SecretPurposes.SettingsDiskCopy, secret), ContractsJson.Default.PublishedSettings);
        }
        catch (Exception e) when (e is SecretUnreadableException or JsonException or IOException or UnauthorizedAccessException)
        {
            LogRefused(path, e.GetType().Name);
            return null;
        }
    }

    /// <summary>Writes the copy, whole or not at all.</summary>
    public async Task SaveAsync(PublishedSettings settings, CancellationToken cancellationToken)
    {
        if (place.Value is not { } path)
        {
            return;
        }

        try
        {
            var secret = encryption.Encrypt(CopyId, SecretPurposes.SettingsDiskCopy, JsonSerializer.SerializeToUtf8Bytes(settings, ContractsJson.Default.PublishedSettings));
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var draft = path + ".draft";
            await File.WriteAllBytesAsync(draft, JsonSerializer.SerializeToUtf8Bytes(secret, ContractsJson.Default.EncryptedSecret), cancellationToken).ConfigureAwait(false);
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(path, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Error, "The settings' copy {Path} is refused, as if it were not there: {Reason}")]
    private partial void LogRefused(string path, string reason);

    [LoggerMessage(LogLevel.Error, "The settings' copy {Path} cannot be written: {Reason}")]
    private partial void LogNotWritten(string path, string reason);
}
