using GeminiBalance.AdminUi.Clients;
using GeminiBalance.AdminUi.Components.Shared;
using GeminiBalance.AdminUi.Identity;
using GeminiBalance.AdminUi.Resources;
using GeminiBalance.Contracts;
using Microsoft.Extensions.Localization;
using Radzen;

namespace GeminiBalance.AdminUi.Pages.Keys;

/// <summary>What an operator can do with a key: asks back where it cannot be undone, and says what came of it.</summary>
internal sealed class KeyActions(
    KeyHealthClient client,
    CurrentOperator current,
    DialogService dialogs,
    Outcomes outcomes,
    IStringLocalizer<KeysTexts> text,
    IStringLocalizer<ShellTexts> shell)
{
    public Task CheckAllAsync(CancellationToken cancellationToken) =>
        outcomes.TellAsync(text["CheckingAll"], async () => await client.CheckAllAsync(await current.NameAsync(), cancellationToken));

    public Task CheckAsync(KeyView key, CancellationToken cancellationToken) =>
        outcomes.TellAsync(text["Checking", key.Mask], async () => await client.CheckAsync(key.Id, await current.NameAsync(), cancellationToken));

    public Task ToggleAsync(KeyView key, CancellationToken cancellationToken) => key.Status == KeyStatus.Disabled
        ? outcomes.TellAsync(text["Enabled", key.Mask], async () => await client.EnableAsync(key.Id, await current.NameAsync(), cancellationToken))
        : outcomes.TellAsync(text["Disabled", key.Mask], async () => await client.DisableAsync(key.Id, await current.NameAsync(), cancellationToken));

    public Task UndoAsync(KeyView key, CancellationToken cancellationToken) =>
        outcomes.TellAsync(text["Undone", key.Mask], async () => await client.UndoAsync(key.Id, await current.NameAsync(), cancellationToken));

    public async Task EditAsync(KeyView key, CancellationToken cancellationToken)
    {
        if (await EditKeyDialog.ShowAsync(dialogs, key, text, shell) is { } edit)
        {
            await outcomes.TellAsync(text["Saved", key.Mask], async () => await client.EditAsync(key.Id, edit, await current.NameAsync(), cancellationToken));
        }
    }

    public async Task DeleteAsync(KeyView key, CancellationToken cancellationToken)
    {
        if (await ConfirmDialog.ShowAsync(dialogs, text["DeleteTitle"], text["DeleteQuestion", key.Mask], text["DeleteSubmit"], shell))
        {
            await outcomes.TellAsync(text["Deleted", key.Mask], async () => await client.DeleteAsync(key.Id, await current.NameAsync(), cancellationToken));
        }
    }
}
