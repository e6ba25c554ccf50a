using System.Text;
using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary>The verbs of <c>./gb</c> that talk to a running system.</summary>
internal static class Verbs
{
    /// <summary>Exit code when what was asked for is done except for what the output names.</summary>
    public const int DoneInPart = 3;

    public static int Status(RunningSystem system, TextWriter output)
    {
        output.WriteLine($"AppHost  pid {system.State.Pid}  since {system.State.StartedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}{(system.State.Demo ? "  demo" : "")}");
        foreach (var resource in system.State.Resources)
        {
            var address = resource.Endpoints is { Count: > 0 } endpoints ? string.Join(' ', endpoints.Values) : "";
            var processes = resource.Replicas is { Count: > 0 } replicas ? "pid " + string.Join(' ', replicas.Select(replica => replica.Pid)) : "";
            output.WriteLine($"{resource.Name,-20} {resource.State,-10} {resource.Health ?? "",-10} {processes,-16} {address}".TrimEnd());
        }

        return system.State.Resources.All(resource => resource.IsReady) ? 0 : 1;
    }

    /// <summary>The text of a file, or of standard input for <c>-</c>.</summary>
    /// <exception cref="CliException">There is no such file, or it cannot be read.</exception>
    internal static async Task<string> ReadTextAsync(string source)
    {
        try
        {
            return source == "-" ? await Console.In.ReadToEndAsync().ConfigureAwait(false) : await File.ReadAllTextAsync(source).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"There is no file {source}.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException($"{source} cannot be read: it is a folder, or belongs to another user.");
        }
        catch (IOException)
        {
            throw new CliException($"{source} cannot be read.");
        }
    }

    /// <summary>One line for programs. Failed are all requests that neither succeeded nor were left by the client.</summary>
    internal static string UsageJson(Usage usage)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            var total = usage.Total;
            json.WriteStartObject();
            json.WriteNumber("requests", total.Requests);
            json.WriteNumber("succeeded", total.Succeeded);
            json.WriteNumber("failed", total.ClientErrors + total.Failed);
            json.WriteNumber("aborted", total.Aborted);
            json.WriteNumber("inputTokens", total.PromptTokens);
            json.WriteNumber("outputTokens", total.CompletionTokens + total.ThoughtTokens);
            json.WriteNumber("totalTokens", total.TotalTokens);
            json.WriteNumber("lagSeconds", Math.Round(usage.LagSeconds, 3));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public static async Task<int> PasswordAsync(RunningSystem system, TextWriter output)
    {
        using var services = new ServiceCalls(system);
        var reset = await services.PostNodeAsync("admin", "/internal/password").ConfigureAwait(false);
        output.WriteLine($"user {reset["user"]}  password {reset["password"]}");
        return 0;
    }
}
