using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary><c>./gb access-keys …</c>.</summary>
internal static class AccessKeyVerbs
{
    public static Task<int> RunAsync(RunningSystem system, string[] args, TextWriter output) => args switch
    {
        ["create", .. var rest] => CreateAsync(system, rest, output),
        ["list", .. var rest] => ListAsync(system, new CommandOptions("access-keys list", rest, "--json"), output),
        ["rotate", .. var rest] => RotateAsync(system, new CommandOptions("access-keys rotate", rest, "--overlap=", "--json"), output),
        ["revoke", .. var rest] => RevokeAsync(system, new CommandOptions("access-keys revoke", rest, "--json"), output),
        ["import", .. var rest] => ImportAsync(system, new CommandOptions("access-keys import", rest, "--json"), output),
        _ => throw new CliException("access-keys is followed by create, list, rotate, revoke or import; see ./gb help access-keys.", 2),
    };

    private static async Task<int> CreateAsync(RunningSystem system, string[] args, TextWriter output)
    {
        var options = new CommandOptions(
            "access-keys create",
            args,
            "--models=", "--addresses=", "--expires=", "--owner=", "--note=", "--tags=", "--rpm=", "--tpm=", "--rpd=", "--concurrency=",
            "--budget-tokens-day=", "--budget-tokens-month=", "--budget-cost-day=", "--budget-cost-month=", "--json");
        var create = new CreateAccessKey(
            options.Words(1, 1)[0],
            options.Time("--expires"),
            options.Text("--owner"),
            options.Text("--note"),
            options.List("--tags"),
            options.List("--models"),
            options.List("--addresses"),
            Limits(options));
        using var services = new ServiceCalls(system);
        return await ShowAsync(services, await services.CreateAccessKeyAsync(create).ConfigureAwait(false), options.Json, output).ConfigureAwait(false);
    }

    private static async Task<int> ListAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var keys = await services.GetAsync("keyhealth", "/access-keys", ContractsJson.Default.AccessKeyViewArray).ConfigureAwait(false);
        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(keys, ContractsJson.Default.AccessKeyViewArray));
            return 0;
        }

        output.WriteLine($"{"ID",-36} {"KEY",-12} {"STATE",-9} {"CREATED",-17} NAME");
        foreach (var key in keys)
        {
            output.WriteLine($"{key.Id,-36} {key.Prefix + "…",-12} {State(key),-9} {key.CreatedAt.ToLocalTime():yyyy-MM-dd HH:mm}  {key.Name}");
        }

        return 0;
    }

    private static async Task<int> RotateAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var id = Id(options);
        long? overlap = options.Text("--overlap") is { } text ? text == "0" ? 0 : (long)CommandLine.ParseRange(text).TotalSeconds : null;
        using var services = new ServiceCalls(system);
        return await ShowAsync(services, await services.RotateAccessKeyAsync(id, new RotateAccessKey(overlap)).ConfigureAwait(false), options.Json, output).ConfigureAwait(false);
    }

    private static async Task<int> RevokeAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var id = Id(options);
        using var services = new ServiceCalls(system);
        var revoked = await services.PostNodeAsync("keyhealth", $"/access-keys/{id}/revoke").ConfigureAwait(false);
        output.WriteLine(options.Json ? revoked.ToJsonString() : $"{revoked["name"]} is revoked.");
        return 0;
    }

    private static async Task<int> ImportAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        using var services = new ServiceCalls(system);
        var result = await services.ImportAccessKeysAsync(await Verbs.ReadTextAsync(options.Words(1, 1)[0]).ConfigureAwait(false)).ConfigureAwait(false);
        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(result, ContractsJson.Default.AccessKeyImportResult));
        }
        else
        {
            foreach (var line in result.Rejected)
            {
                output.WriteLine(line);
            }

            output.WriteLine($"{result.Added} added, {result.Known} known already, {result.Rejected.Count} rejected.");
        }

        return result.Rejected.Count > 0 ? Verbs.DoneInPart : 0;
    }

    /// <summary>The limits; null when none is given.</summary>
    private static AccessKeyLimits? Limits(CommandOptions options)
    {
        var limits = new AccessKeyLimits(
            (int?)Count(options, "--rpm", int.MaxValue),
            Count(options, "--tpm", long.MaxValue),
            (int?)Count(options, "--rpd", int.MaxValue),
            Count(options, "--budget-tokens-day", long.MaxValue),
            Count(options, "--budget-tokens-month", long.MaxValue),
            Money(options, "--budget-cost-day"),
            Money(options, "--budget-cost-month"),
            (int?)Count(options, "--concurrency", int.MaxValue));
        return limits == new AccessKeyLimits() ? null : limits;
    }

    private static long? Count(CommandOptions options, string name, long most) => options.Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= most ? number
        : throw new CliException($"{name} is '{text}', but it must be a whole number above 0.", 2);

    private static decimal? Money(CommandOptions options, string name) => options.Text(name) is not { } text ? null
        : decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars) && dollars > 0 ? dollars
        : throw new CliException($"{name} is '{text}', but it must be an amount in US dollars, as 2.50.", 2);

    private static Guid Id(CommandOptions options)
    {
        var word = options.Words(1, 1)[0];
        return Guid.TryParse(word, out var id) ? id : throw new CliException($"'{word}' is no id; './gb access-keys list' shows them.", 2);
    }

    private static string State(AccessKeyView key) => key switch
    {
        { RevokedAt: not null } => "revoked",
        { Enabled: false } => "disabled",
        { ExpiresAt: { } at } when at <= TimeProvider.System.GetUtcNow() => "expired",
        _ => "enabled",
    };

    /// <summary>Prints a new key, and only then waits until it works: nothing shows it a second time.</summary>
    private static async Task<int> ShowAsync(ServiceCalls services, CreatedAccessKey created, bool json, TextWriter output)
    {
        await output.WriteLineAsync(json
            ? new JsonObject { ["id"] = created.AccessKey.Id.ToString(), ["key"] = created.Key, ["name"] = created.AccessKey.Name }.ToJsonString()
            : created.Key).ConfigureAwait(false);
        try
        {
            await services.AcceptedAsync(created).ConfigureAwait(false);
            return 0;
        }
        catch (CliException e)
        {
            throw new CliException($"The access key is stored, but does not work yet. {e.Message}", Verbs.DoneInPart);
        }
    }
}
