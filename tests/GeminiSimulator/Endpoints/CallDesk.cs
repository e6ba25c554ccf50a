using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.GeminiSimulator.Ledger;
using GeminiBalance.GeminiSimulator.Quotas;
using GeminiBalance.GeminiSimulator.Scripts;
using GeminiBalance.GeminiSimulator.Wire;

namespace GeminiBalance.GeminiSimulator.Endpoints;

/// <summary>Everything that happens to a call around its method: key, script, body, quota; and one entry in the ledger, however it ends.</summary>
internal sealed class CallDesk(KeyRing keys, ScriptBook scripts, QuotaBook quotas, CallLedger ledger, SimulatorOptions options, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    private static readonly FrozenSet<string> Parameters = new[] { "key", "alt", "$alt", "prettyPrint", "$prettyPrint", "fields", "$fields", "pageSize", "pageToken", "quotaUser" }.ToFrozenSet();

    public SimulatorOptions Options => options;

    /// <summary>Cancelled when the simulator stops, so that no stalled call holds it up.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary>Opens a call, lets it be answered unless it ends with an error at once, and writes it down before the caller can see its end.</summary>
    public async Task RunAsync(HttpContext context, string model, string method, Func<OpenCall, Task> answer)
    {
        var call = Open(context, model, method);
        try
        {
            await (call.Error is { } error ? FailAsync(call, error) : answer(call)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            call.Outcome ??= "aborted";
        }
        catch
        {
            call.Outcome = "fault";
            throw;
        }
        finally
        {
            Close(call);
        }
    }

    /// <summary>Answers with an error.</summary>
    public static Task FailAsync(OpenCall call, GoogleError error)
    {
        call.Outcome = "error";
        call.Error = error;
        return call.SendAsync(error.Status, error.ToJson());
    }

    /// <summary>Reads the body and checks it against a message. Answers an error of Google's for anything it would not take.</summary>
    public async Task<(JsonObject? Body, GoogleError? Error)> ReadAsync(OpenCall call, string message)
    {
        try
        {
            var node = await JsonNode.ParseAsync(call.Context.Request.Body, documentOptions: new JsonDocumentOptions { MaxDepth = 100, AllowDuplicateProperties = false }, cancellationToken: call.Aborted).ConfigureAwait(false);
            if (node is not JsonObject body)
            {
                return (null, GoogleError.InvalidArgument("Invalid JSON payload received. Root must be an object."));
            }

            DecodeTexts(body);
            return WireSchema.Check(body, message) is { } error ? (null, error) : (body, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair surfaces as InvalidOperationException.
            return (null, GoogleError.InvalidArgument("Invalid JSON payload received. " + e.Message));
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, GoogleError.InvalidArgument($"Request payload size exceeds the limit: {options.BodyLimit} bytes."));
        }
    }

    /// <summary>Decodes every text, so that one that is no Unicode is found here.</summary>
    private static void DecodeTexts(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject found:
                foreach (var (_, value) in found)
                {
                    DecodeTexts(value);
                }

                break;
            case JsonArray list:
                foreach (var value in list)
                {
                    DecodeTexts(value);
                }

                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                value.GetValue<string>();
                break;
        }
    }

    /// <summary>
    /// Lets a marker in the last content's text, as <c>[sim:cut]</c> or <c>[sim:cut:3]</c>, script the call. The number is events or milliseconds.
    /// A <c>[tag:NAME]</c> there is written down with the call.
    /// </summary>
    public void Mark(OpenCall call, JsonObject body)
    {
        if (!options.Markers || body["contents"] is not JsonArray { Count: > 0 } contents)
        {
            return;
        }

        foreach (var part in contents[^1]!["parts"] as JsonArray ?? [])
        {
            var text = part!["text"]?.GetValue<string>() ?? "";
            call.Tag ??= Marked(text, "[tag:");
            if (Marked(text, "[sim:") is { } marker && Parse(marker) is { } script)
            {
                call.Script = script;
                call.Error = ErrorOf(call);
                return;
            }
        }
    }

    private static string? Marked(string text, string mark)
    {
        var start = text.IndexOf(mark, StringComparison.Ordinal);
        var end = start < 0 ? -1 : text.IndexOf(']', start);
        return end > 0 ? text[(start + mark.Length)..end] : null;
    }

    /// <summary>Counts a request against its project's quotas.</summary>
    public GoogleError? TakeQuota(OpenCall call, string quotaModel, int promptTokens, bool embeds = false) => quotas.Take(call.Key!.Project, quotaModel, promptTokens, embeds);

    /// <summary>Waits as long as the simulator or the script says.</summary>
    public Task DelayAsync(OpenCall call)
    {
        var milliseconds = call.Script?.Behaviour == "slow" ? call.Script.DelayMs : options.LatencyMs;
        return milliseconds > 0 ? Task.Delay(milliseconds, call.Aborted) : Task.CompletedTask;
    }

    private OpenCall Open(HttpContext context, string model, string method)
    {
        var header = context.Request.Headers["x-goog-api-key"];
        var query = context.Request.Query["key"];
        var value = header.Count > 0 ? header[0] : query.Count > 0 ? query[0] : null;
        var key = value is null ? null : keys.Find(value);
        var call = new OpenCall(context, model, method, clock.GetUtcNow(), ledger.Open()) { Value = value ?? "", Key = key, KeyInUrl = query.Count > 0 };
        if (header.Count + query.Count + context.Request.Headers.Authorization.Count > 1)
        {
            call.Error = KeyErrors.Several;
        }
        else if (string.IsNullOrEmpty(value))
        {
            call.Error = context.Request.Headers.Authorization.Count > 0 ? KeyErrors.TypeRejected : KeyErrors.Missing;
        }
        else
        {
            // A key without quota still lists the models.
            var own = key?.Behaviour is { } behaviour && !(behaviour.StartsWith("quota", StringComparison.Ordinal) && method is "list" or "get") ? behaviour : null;
            call.Script = scripts.Take(value, own, model, method);
            call.Error = ErrorOf(call) ?? (key is null ? KeyErrors.Invalid(value) : UnknownParameter(context.Request.Query));
        }

        return call;
    }

    private void Close(OpenCall call)
    {
        var aborted = call.Aborted.IsCancellationRequested && call.Outcome is not ("cut" or "fault");
        var outcome = aborted && call.Outcome is null or "ok" ? "aborted" : call.Outcome ?? "ok";
        ledger.Close(
            new Call(
                0,
                call.At,
                call.Value,
                call.Key?.Project,
                call.Model,
                call.Method,
                outcome,
                call.Script?.Behaviour,
                outcome == "fault" ? 500 : call.Context.Response.HasStarted ? call.Context.Response.StatusCode : 0,
                (int?)call.Usage?["promptTokenCount"] ?? 0,
                (int?)call.Usage?["candidatesTokenCount"] ?? 0,
                (int?)call.Usage?["thoughtsTokenCount"] ?? 0,
                call.Events,
                (int?)call.Usage?["toolUsePromptTokenCount"] ?? 0,
                call.Streams,
                call.Bytes,
                aborted,
                Math.Round(call.Elapsed.TotalMilliseconds, 3),
                call.Value.Length == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(call.Value)), 0, 6),
                call.KeyInUrl,
                outcome == "error" ? call.Error?.Message : null,
                call.Tag,
                call.LastEventTokens),
            call.Opened);
    }

    private static GoogleError? ErrorOf(OpenCall call) => call.Script is { } script
        ? ScriptedErrors.For(script.Behaviour, new ScriptedCall(call.Value, call.Key?.Project ?? "unknown", call.Model, call.Method))
        : null;

    private static GoogleError? UnknownParameter(IQueryCollection query)
    {
        foreach (var name in query.Keys)
        {
            if (!Parameters.Contains(name))
            {
                return GoogleError.UnknownField(name, "", $"Cannot bind query parameter. Field '{name}' could not be found in request message.");
            }
        }

        return null;
    }

    private static Script? Parse(string marker)
    {
        if (ScriptBook.Knows(marker))
        {
            return new Script(marker);
        }

        var colon = marker.LastIndexOf(':');
        return colon > 0 && ScriptBook.Knows(marker[..colon]) && int.TryParse(marker.AsSpan(colon + 1), out var number) && number >= 0
            ? new Script(marker[..colon], AfterEvents: number, DelayMs: number)
            : null;
    }
}
