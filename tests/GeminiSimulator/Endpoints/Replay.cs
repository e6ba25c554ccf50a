using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Scripts;

namespace GeminiBalance.GeminiSimulator.Endpoints;

/// <summary>Sends a recorded body byte by byte.</summary>
internal static class Replay
{
    public static async Task SendAsync(OpenCall call, CallDesk desk)
    {
        await desk.DelayAsync(call).ConfigureAwait(false);
        var body = await File.ReadAllBytesAsync(Recordings.Find(call.Script!.Behaviour)!, call.Aborted).ConfigureAwait(false);
        var stream = body.AsSpan().StartsWith("data:"u8);
        var whole = stream ? null : Parse(Encoding.UTF8.GetString(body));
        var error = (whole as JsonArray)?[0]?["error"] ?? (whole as JsonObject)?["error"];
        var status = (int?)error?["code"] ?? StatusCodes.Status200OK;
        call.Outcome = status == StatusCodes.Status200OK ? "ok" : "error";
        call.Begin(status, stream ? "text/event-stream" : "application/json; charset=UTF-8");
        await call.SendAsync(body).ConfigureAwait(false);
        if (!stream)
        {
            call.Usage = (whole as JsonObject)?["usageMetadata"];
            return;
        }

        foreach (var line in Encoding.UTF8.GetString(body).Split('\n').Where(line => line.StartsWith("data:", StringComparison.Ordinal)))
        {
            call.Usage = (Parse(line["data:".Length..]) as JsonObject)?["usageMetadata"] ?? call.Usage;
            call.Events++;
        }
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Some recordings are broken on purpose.
            return null;
        }
    }
}
