using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Answers;
using GeminiBalance.GeminiSimulator.Catalogue;
using GeminiBalance.GeminiSimulator.Scripts;
using GeminiBalance.GeminiSimulator.Wire;

namespace GeminiBalance.GeminiSimulator.Endpoints;

/// <summary><c>POST /v1beta/models/{model}:{method}</c>, and what Google answers for every other path.</summary>
internal static class MethodEndpoints
{
    public static void MapMethods(this WebApplication app)
    {
        app.MapPost("/v1beta/models/{call}", AnswerAsync);
        app.MapPost("/v1/models/{call}", AnswerAsync);
        app.MapFallback((HttpContext context, CallDesk desk) => desk.RunAsync(context, "", "unknown", NotFoundAsync));
    }

    private static Task AnswerAsync(HttpContext context, string call, CallDesk desk)
    {
        var colon = call.LastIndexOf(':');
        var model = colon < 0 ? call : call[..colon];
        return (colon < 0 ? "" : call[(colon + 1)..]) switch
        {
            "generateContent" => desk.RunAsync(context, model, "generateContent", open => GenerateAsync(open, desk)),
            "streamGenerateContent" => desk.RunAsync(context, model, "streamGenerateContent", open => GenerateAsync(open, desk)),
            "countTokens" => desk.RunAsync(context, model, "countTokens", open => CountAsync(open, desk)),
            "embedContent" => desk.RunAsync(context, model, "embedContent", open => EmbeddingEndpoints.EmbedAsync(open, "EmbedContentRequest", desk)),
            "batchEmbedContents" => desk.RunAsync(context, model, "batchEmbedContents", open => EmbeddingEndpoints.EmbedAsync(open, "BatchEmbedContentsRequest", desk)),
            _ => desk.RunAsync(context, model, "unknown", NotFoundAsync),
        };
    }

    private static async Task GenerateAsync(OpenCall call, CallDesk desk)
    {
        if (ModelCatalogue.Find(call.Model) is not { Embeds: false } model)
        {
            await CallDesk.FailAsync(call, GoogleError.ModelNotFound(call.Model, call.Method)).ConfigureAwait(false);
            return;
        }

        var (body, error) = await desk.ReadAsync(call, "GenerateContentRequest").ConfigureAwait(false);
        var prompt = default(TokenCount);
        if (body is not null)
        {
            desk.Mark(call, body);
            error = call.Error ?? RequestRules.Check(body, model);
            prompt = error is null ? Tokenizer.CountPrompt(body) : prompt;
            error ??= prompt.Total > model.InputTokenLimit
                ? GoogleError.InvalidArgument($"The input token count ({prompt.Total}) exceeds the maximum number of tokens allowed ({model.InputTokenLimit}).")
                : desk.TakeQuota(call, model.QuotaModel ?? model.Name, prompt.Total);
        }

        if (error is not null)
        {
            await CallDesk.FailAsync(call, error).ConfigureAwait(false);
            return;
        }

        if (call.Script?.Behaviour.StartsWith(Recordings.Prefix, StringComparison.Ordinal) == true)
        {
            await Replay.SendAsync(call, desk).ConfigureAwait(false);
            return;
        }

        var answer = Scripted(Answer.To(body!, model, prompt), call.Script?.Behaviour);
        if (call.Script?.Behaviour == "blocked")
        {
            var blocked = AnswerWriter.Blocked(answer);
            await (call.Streams ? Delivery.StreamAsync(call, [blocked], desk) : Delivery.WholeAsync(call, blocked, desk)).ConfigureAwait(false);
            return;
        }

        await (call.Streams ? Delivery.StreamAsync(call, AnswerWriter.Events(answer), desk) : Delivery.WholeAsync(call, AnswerWriter.Unary(answer), desk)).ConfigureAwait(false);
    }

    private static Answer Scripted(Answer answer, string? behaviour) => behaviour switch
    {
        "safety" => answer with { FinishReason = "SAFETY" },
        "empty" => answer with { Parts = [], Output = default, ThoughtsTokens = 0 },
        not null when behaviour.StartsWith("finish:", StringComparison.Ordinal) => Finished(answer, behaviour["finish:".Length..]),
        _ => answer,
    };

    /// <summary>Reasons that mean there is no answer come without one.</summary>
    private static Answer Finished(Answer answer, string reason) => reason is "STOP" or "MAX_TOKENS" or "SAFETY" or "RECITATION" or "LANGUAGE"
        ? answer with { FinishReason = reason }
        : answer with { FinishReason = reason, Parts = [], Output = default, FinishMessage = $"The model ended with {reason}." };

    private static async Task CountAsync(OpenCall call, CallDesk desk)
    {
        if (ModelCatalogue.Find(call.Model) is null)
        {
            await CallDesk.FailAsync(call, GoogleError.ModelNotFound(call.Model, call.Method)).ConfigureAwait(false);
            return;
        }

        var (body, error) = await desk.ReadAsync(call, "CountTokensRequest").ConfigureAwait(false);
        var request = body?["generateContentRequest"] as JsonObject ?? body;
        error ??= request!["contents"] is JsonArray { Count: > 0 } ? null : GoogleError.InvalidArgument("* CountTokensRequest.contents: contents is not specified\n", "contents");
        error ??= body!["contents"] is not null && request != body ? GoogleError.InvalidArgument("* CountTokensRequest: only one of contents and generate_content_request can be set.\n") : null;
        if (error is not null)
        {
            await CallDesk.FailAsync(call, error).ConfigureAwait(false);
            return;
        }

        var tokens = Tokenizer.CountPrompt(request!);
        await Delivery.WholeAsync(call, new JsonObject { ["totalTokens"] = tokens.Total, ["promptTokensDetails"] = tokens.ToDetails() }, desk).ConfigureAwait(false);
    }

    private static Task NotFoundAsync(OpenCall call)
    {
        call.Outcome = "error";
        call.Begin(StatusCodes.Status404NotFound, "text/html; charset=UTF-8");
        return call.SendAsync("<!DOCTYPE html>\n<html lang=en><title>Error 404 (Not Found)!!1</title><p><b>404.</b> <ins>That's an error.</ins><p>The requested URL was not found on this server.\n"u8.ToArray());
    }
}
