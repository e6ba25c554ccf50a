using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Scripts;
using GeminiBalance.GeminiSimulator.Wire;

namespace GeminiBalance.GeminiSimulator.Endpoints;

/// <summary>Sends an answer, with the faults a script asks for.</summary>
internal static class Delivery
{
    /// <summary>Sends a body in one piece. <c>cut</c> comes in its middle, the other faults before it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="body">The body.</param>
    /// <param name="desk">The desk.</param>
    public static async Task WholeAsync(OpenCall call, JsonNode body, CallDesk desk)
    {
        await desk.DelayAsync(call).ConfigureAwait(false);
        switch (call.Script?.Behaviour)
        {
            case "html":
                await HtmlAsync(call).ConfigureAwait(false);
                return;
            case "reset":
                Cut(call);
                return;
            case "stall":
                await StallAsync(call, desk).ConfigureAwait(false);
                return;
            case "error-mid-stream":
                await CallDesk.FailAsync(call, GoogleError.Internal).ConfigureAwait(false);
                return;
            case "cut" or "malformed":
                var text = OpenCall.Text(body);
                call.Begin(StatusCodes.Status200OK, "application/json; charset=UTF-8");
                await call.SendAsync(text[..(text.Length / 2)]).ConfigureAwait(false);
                if (call.Script.Behaviour == "cut")
                {
                    Cut(call);
                }

                call.Outcome ??= "malformed";
                return;
        }

        await call.SendAsync(StatusCodes.Status200OK, body).ConfigureAwait(false);
        call.Usage = body["usageMetadata"];
    }

    /// <summary>Sends a stream: server-sent events with <c>alt=sse</c>, else one JSON list.</summary>
    /// <param name="call">The call.</param>
    /// <param name="messages">The events.</param>
    /// <param name="desk">The desk.</param>
    public static async Task StreamAsync(OpenCall call, IEnumerable<JsonObject> messages, CallDesk desk)
    {
        await desk.DelayAsync(call).ConfigureAwait(false);
        var script = call.Script;
        if (script?.Behaviour == "html")
        {
            await HtmlAsync(call).ConfigureAwait(false);
            return;
        }

        call.Begin(StatusCodes.Status200OK, call.Sse ? "text/event-stream" : "application/json; charset=UTF-8");
        var gap = script?.Behaviour == "slow" ? script.GapMs ?? script.DelayMs : desk.Options.EventGapMs;
        var faultAt = script?.Behaviour switch { "cut" or "stall" or "malformed" or "error-mid-stream" => script.AfterEvents, "reset" => 0, _ => int.MaxValue };
        foreach (var message in messages)
        {
            if (call.Events == faultAt)
            {
                break;
            }

            if (call.Events > 0 && gap > 0)
            {
                await Task.Delay(gap, call.Aborted).ConfigureAwait(false);
            }

            await call.SendEventAsync(message).ConfigureAwait(false);
        }

        await (faultAt == int.MaxValue ? EndAsync(call) : FaultAsync(call, script!, desk)).ConfigureAwait(false);
    }

    private static Task EndAsync(OpenCall call) => call.Sse ? Task.CompletedTask : call.SendAsync("]\r\n"u8.ToArray());

    private static async Task FaultAsync(OpenCall call, Script script, CallDesk desk)
    {
        switch (script.Behaviour)
        {
            case "cut" or "reset":
                Cut(call);
                return;
            case "stall":
                await StallAsync(call, desk).ConfigureAwait(false);
                return;
            case "malformed":
                await call.SendAsync("data: {\"candidates\": [{\"content\": \r\n\r\n"u8.ToArray()).ConfigureAwait(false);
                call.Outcome = "malformed";
                return;
            default:
                // Google ends a broken stream with a bare JSON object, without the data: prefix.
                await call.SendAsync(OpenCall.Text(GoogleError.Internal.ToJson())).ConfigureAwait(false);
                call.Outcome = "error";
                return;
        }
    }

    private static Task HtmlAsync(OpenCall call)
    {
        call.Outcome = "error";
        call.Begin(StatusCodes.Status200OK, "text/html; charset=utf-8");
        return call.SendAsync("<!DOCTYPE html>\n<html><head><title>Sorry...</title></head><body>We're sorry... but your computer or network may be sending automated queries.</body></html>\n"u8.ToArray());
    }

    private static void Cut(OpenCall call)
    {
        call.Outcome = "cut";
        call.Context.Abort();
    }

    private static async Task StallAsync(OpenCall call, CallDesk desk)
    {
        call.Outcome = "stalled";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, desk.Stopping);
        await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(false);
    }
}
