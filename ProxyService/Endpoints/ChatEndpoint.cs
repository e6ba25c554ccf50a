using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Media;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Signatures;
using GeminiBalance.ProxyService.Translation.Responses;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary><c>POST /v1/chat/completions</c>: authenticate, read, check, translate, forward.</summary>
internal sealed class ChatEndpoint(
    OperationDesk desk,
    TranslationSettings settings,
    ThoughtSignatures signatures,
    RemoteMedia media,
    ChatCalls chats,
    Forwarder forwarder,
    TimeProvider time)
{
    /// <summary>Handles a request.</summary>
    public Task HandleAsync(HttpContext context) => desk.RunAsync(context, RequestOperation.ChatCompletion, HttpMethods.Post, AnswerAsync);

    private async Task AnswerAsync(Operation operation)
    {
        using var body = RequestBody.Buffer(operation.Context.Request);
        if (await RequestBody.TakeAsync(operation.Context, body).ConfigureAwait(false) is { } badBody)
        {
            await operation.RefuseAsync(badBody).ConfigureAwait(false);
            return;
        }

        var request = ChatRequestReader.Read(body.WrittenSpan, out var invalid);
        if (request is null)
        {
            await operation.RefuseAsync(invalid!).ConfigureAwait(false);
            return;
        }

        operation.Record.Model = request.Model;
        operation.Record.Streamed = request.Stream;
        if (settings.ChooseForChat(request.Model) is not { } model)
        {
            await operation.RefuseAsync(OpenAiError.Invalid("model_not_found", "Invalid 'model': no model can have this name.", "model")).ConfigureAwait(false);
            return;
        }

        if (model.IsDefault)
        {
            request.Warn($"the model asked for is not known: {model.Name} was used");
        }

        operation.Record.Model = model.Name;
        if (!operation.MayUse(model.Name))
        {
            await operation.RefuseAsync(OpenAiError.ModelNotAllowed).ConfigureAwait(false);
            return;
        }

        if (!settings.Serves(model.Name))
        {
            // Said here although the forwarder would say it too: what such a model cannot do is of no interest.
            await operation.RefuseAsync(ServedModels.Unknown).ConfigureAwait(false);
            return;
        }

        if (media.Check(request, out var remote) is { } refused)
        {
            await operation.RefuseAsync(refused).ConfigureAwait(false);
            return;
        }

        if (settings.BuiltInToolsByName)
        {
            request.Tools.TakeBuiltInsByName();
        }

        var profile = settings.ProfileOf(model.Name);
        await signatures.RestoreAsync(operation.AccessKey.Id, request, body.Written, profile).ConfigureAwait(false);
        var envelope = new AnswerEnvelope(JsonText.Quote(request.Model), time.GetUtcNow().ToUnixTimeSeconds());
        using var call = chats.Begin(request, body, model, profile, envelope, operation.Record, operation.Answer(request.Warnings));
        call.Holder = operation.AccessKey;
        if (remote is not null)
        {
            FetchLater(call, remote, body.Length);
        }
        else if (Translate(call) is { } untranslated)
        {
            await operation.RefuseAsync(untranslated).ConfigureAwait(false);
            return;
        }

        await forwarder.ForwardAsync(call, operation.Client).ConfigureAwait(false);
    }

    /// <summary>Nothing is fetched for a call that is turned away, for want of room or for its access key's limits.</summary>
    private void FetchLater(ChatCall call, List<MediaPart> remote, int bytes)
    {
        call.ExpectedBytes = bytes + (remote.Count * RemoteMedia.BytesOfTokens);
        call.Preparation = async client => await media.FetchAsync(remote, client).ConfigureAwait(false) ?? Translate(call);
    }

    private static OpenAiError? Translate(ChatCall call)
    {
        try
        {
            call.Translate();
            return null;
        }
        catch (RequestRefusedException e)
        {
            return e.Error;
        }
    }
}
