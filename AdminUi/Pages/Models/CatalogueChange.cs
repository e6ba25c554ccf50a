using GeminiBalance.AdminUi.Clients;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Models;

/// <summary>Changes of what is set for models.</summary>
internal static class CatalogueChange
{
    /// <summary>Saves a change; when others changed something else meanwhile, on top of it.</summary>
    /// <param name="models">Reads the catalogue again.</param>
    /// <param name="seen">The catalogue the change was made from.</param>
    /// <param name="subject">What is changed, as the catalogue says it.</param>
    /// <param name="save">Saves, with the version of the settings it was made from.</param>
    /// <returns>The catalogue as another operator left it, when the same thing was changed and nothing was saved; otherwise null.</returns>
    public static async Task<ModelsView?> SaveAsync(this ModelClient models, ModelsView seen, Func<ModelsView, string> subject, Func<long, Task> save)
    {
        var version = seen.SettingsVersion;
        while (true)
        {
            try
            {
                await save(version);
                return null;
            }
            catch (ServiceCallException e) when (e.Code == "conflict")
            {
                var now = await models.ReadAsync(CancellationToken.None);
                if (subject(now) != subject(seen))
                {
                    return now;
                }

                version = now.SettingsVersion;
            }
        }
    }
}
