using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Settings;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary><c>POST /v1/embeddings</c>.</summary>
internal sealed class EmbeddingsEndpoint(OperationDesk desk, TranslationSettings settings, Forwarder forwarder, UpstreamCall upstream)
{
    private const int MaximumBytes = 8 * 1024 * 1024;

    /// <summary>Handles a request.</summary>
    public Task HandleAsync(HttpContext context) => desk.RunAsync(context, RequestOperation.Embedding, HttpMethods.Post, AnswerAsync);

    private async Task AnswerAsync(Operation operation)
    {
        using var body = RequestBody.Buffer(operation.Context.Request);
        if (await RequestBody.TakeAsync(operation.Context, body, MaximumBytes).ConfigureAwait(false) is { } badBody)
        {
            await operation.RefuseAsync(badBody).ConfigureAwait(false);
            return;
        }

        var request = EmbeddingRequestReader.Read(body.WrittenSpan, out var invalid);
        if (request is null)
        {
            await operation.RefuseAsync(invalid!).ConfigureAwait(false);
            return;
        }

        operation.Record.Model = request.Model;
        if (settings.Choose(request.Model) is not { Name: var model })
        {
            await operation.RefuseAsync(OpenAiError.Invalid("model_not_found", "Invalid 'model': no model can have this name.", "model")).ConfigureAwait(false);
            return;
        }

        operation.Record.Model = model;
        if (!operation.MayUse(model))
        {
            await operation.RefuseAsync(OpenAiError.ModelNotAllowed).ConfigureAwait(false);
            return;
        }

        if (!ModelName.MayEmbed(model))
        {
            await operation.RefuseAsync(OpenAiError.Invalid("model_not_supported", $"The model '{model}' makes no embeddings. Use one such as 'gemini-embedding-001'.", "model")).ConfigureAwait(false);
            return;
        }

        using var call = new EmbeddingCall(upstream, request, body.Written, model, operation.Record, operation.Answer(request.Warnings)) { Holder = operation.AccessKey };
        call.Begin();
        await forwarder.ForwardAsync(call, operation.Client).ConfigureAwait(false);
    }
}
