using System.Text.Json;
using System.Text.Unicode;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Settings;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary><c>POST /v1beta/models/{model}:{method}</c>: Gemini's own API, passed through the same pool, limits and accounting.</summary>
internal sealed class NativeEndpoint(OperationDesk desk, TranslationSettings settings, Forwarder forwarder, UpstreamCall upstream, StreamPacing pacing)
{
    private const int MaximumDepth = 64;

    /// <summary>Handles a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        var target = context.Request.RouteValues["id"] as string ?? "";
        var colon = target.LastIndexOf(':');
        var method = colon < 0 ? null : NativeMethod.Find(target.AsSpan(colon + 1));
        return desk.RunAsync(context, method?.Operation ?? RequestOperation.NativeGemini, HttpMethods.Post, operation => AnswerAsync(operation, target[..Math.Max(0, colon)], method));
    }

    private async Task AnswerAsync(Operation operation, string name, NativeMethod? method)
    {
        if (method is null)
        {
            await operation.RefuseAsync(new OpenAiError(StatusCodes.Status404NotFound, OpenAiErrorTypes.InvalidRequest, "method_not_found", "The gateway does not serve this method. It serves generateContent, streamGenerateContent, countTokens, embedContent and batchEmbedContents.")).ConfigureAwait(false);
            return;
        }

        operation.Record.Model = name;
        operation.Record.Streamed = method.Streams;
        if (ModelName.Parse(name) is not { } model)
        {
            await operation.RefuseAsync(OpenAiError.Invalid("model_not_found", "Invalid model: no model can have this name.", "model")).ConfigureAwait(false);
            return;
        }

        operation.Record.Model = model;
        if (!operation.MayUse(model))
        {
            await operation.RefuseAsync(OpenAiError.ModelNotAllowed).ConfigureAwait(false);
            return;
        }

        var warnings = new List<string>();
        var (query, asEvents) = NativeQuery.Read(operation.Context.Request.QueryString, method.Streams, warnings, out var badQuery);
        var answer = operation.Answer(warnings);
        answer.StreamType = asEvents ? answer.StreamType : "application/json; charset=UTF-8";
        answer.KeepsAliveWithComments = asEvents;
        using var call = new NativeCall(upstream, pacing, method, query, asEvents, warnings, model, operation.Record, answer) { Holder = operation.AccessKey };
        var limit = default(NativeAnswerLimit);
        if ((badQuery ?? await RequestBody.TakeAsync(operation.Context, call.Body).ConfigureAwait(false) ?? Check(call.Body.WrittenSpan, out limit)) is { } refused)
        {
            await operation.RefuseAsync(refused).ConfigureAwait(false);
            return;
        }

        call.Bound = method.Generates ? settings.ProfileOf(model).MostAnswerTokens(limit.MostTokens, limit.Candidates) : 0;
        await forwarder.ForwardAsync(call, operation.Client).ConfigureAwait(false);
    }

    /// <summary>Whether the body is a JSON object at all; what its fields mean is between the client and Gemini.</summary>
    private static OpenAiError? Check(ReadOnlySpan<byte> body, out NativeAnswerLimit limit)
    {
        limit = default;
        if (!Utf8.IsValid(body))
        {
            return OpenAiError.Invalid("invalid_utf8", "The request body is not valid UTF-8.");
        }

        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaximumDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return OpenAiError.Invalid("invalid_body", "The request body must be a JSON object.");
            }

            limit = NativeAnswerLimit.Read(ref reader);
            return null;
        }
        catch (JsonException e)
        {
            return OpenAiError.InvalidJson($"The request body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
        }
    }
}
