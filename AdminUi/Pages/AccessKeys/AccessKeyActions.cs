using GeminiBalance.AdminUi.Clients;
using GeminiBalance.AdminUi.Components.Shared;
using GeminiBalance.AdminUi.Identity;
using GeminiBalance.AdminUi.Resources;
using GeminiBalance.Contracts;
using Microsoft.Extensions.Localization;
using Radzen;

namespace GeminiBalance.AdminUi.Pages.AccessKeys;

/// <summary>What an operator can do with an access key: asks back where it cannot be undone, and says what came of it.</summary>
internal sealed class AccessKeyActions(
    AccessKeyClient client,
    CurrentOperator current,
    DialogService dialogs,
    Outcomes outcomes,
    IStringLocalizer<AccessKeysTexts> text,
    IStringLocalizer<ShellTexts> shell)
{
    public Task ToggleAsync(AccessKeyView key, CancellationToken cancellationToken) => outcomes.TellAsync(
        text[key.Enabled ? "Disabled" : "Enabled", key.Name], async () => await client.SetEnabledAsync(key.Id, !key.Enabled, await current.NameAsync(), cancellationToken));

    public async Task EditAsync(AccessKeyView key)
    {
        if (await EditAccessKeyDialog.ShowAsync(dialogs, key, text, shell) is { } saved)
        {
            await outcomes.TellAsync(text["Saved", saved.Name], () => Task.CompletedTask);
        }
    }

    public Task RotateAsync(AccessKeyView key) => RotateAccessKeyDialog.ShowAsync(dialogs, key, text, shell);

    public async Task RevokeAsync(AccessKeyView key, CancellationToken cancellationToken)
    {
        if (await ConfirmDialog.ShowAsync(dialogs, text["RevokeTitle"], text["RevokeQuestion", key.Name], text["RevokeSubmit"], shell))
        {
            await outcomes.TellAsync(text["Revoked", key.Name], async () => await client.RevokeAsync(key.Id, await current.NameAsync(), cancellationToken));
        }
    }

    public async Task DeleteAsync(AccessKeyView key, CancellationToken cancellationToken)
    {
        if (await ConfirmDialog.ShowAsync(dialogs, text["DeleteTitle"], text["DeleteQuestion", key.Name], text["DeleteSubmit"], shell))
        {
            await outcomes.TellAsync(text["Deleted", key.Name], async () => await client.DeleteAsync(key.Id, await current.NameAsync(), cancellationToken));
        }
    }
}
