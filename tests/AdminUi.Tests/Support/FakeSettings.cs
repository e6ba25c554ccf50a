using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>The routes of the gateway's settings over one setting in memory.</summary>
internal static class FakeSettings
{
    private const string Name = "Balancing:Strategy";

    public static void Map(IEndpointRouteBuilder app)
    {
        long version = 0;
        string? value = null;
        app.MapGet("/settings", () => new SettingsView(version, [View()]));
        app.MapGet("/settings/{name}", (string name) => name == Name ? Results.Ok(View()) : Results.NotFound());
        app.MapPut("/settings", (ChangeSettings change) =>
        {
            if (change.Version != version)
            {
                return Results.Problem(
                    "Somebody else changed settings meanwhile.",
                    statusCode: StatusCodes.Status409Conflict,
                    extensions: new Dictionary<string, object?> { ["code"] = "conflict", ["current"] = new[] { new SettingChange(Name, value, change.Values[Name]) } });
            }

            (version, value) = (version + 1, change.Values[Name]);
            return Results.Ok(new SettingsView(version, [View()]));
        });

        SettingView View() => new(Name, value, "choice", "adaptive", null, null, ["adaptive", "round_robin"], "How a key is chosen.");
    }
}
