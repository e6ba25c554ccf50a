using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Vault;

/// <summary>Encrypted secrets.</summary>
internal static class VaultExtensions
{
    /// <summary>Registered before everything that runs in the background: nothing may work with a wrong key.</summary>
    public static IServiceCollection AddVault(this IServiceCollection services) => services
        .AddSecretEncryption()
        .AddSingleton<SecretVault>()
        .AddSingleton<SettingSecrets>()
        .AddHostedService<EncryptionCheck>();
}
