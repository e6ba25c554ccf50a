using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ProxyService.Translation.Responses;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary><c>POST /v1/chat/completions</c>: authenticate, read, check, translate, forward.</summary>
internal sealed class ChatEndpoint(AccessKeyAuthenticator authenticator, ChatForwarder forwarder, IRequestLedger ledger, ProxyMetrics metrics, TimeProvider time)
{
    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await ErrorResponses.WriteAsync(context, OpenAiError.WrongMethod(context.Request.Method, context.Request.Path, HttpMethods.Post), HttpMethods.Post).ConfigureAwait(false);
            return;
        }

        var record = new RequestRecord(RequestOperation.ChatCompletion, ledger, metrics, time);
        metrics.Began();
        try
        {
            await HandleAsync(context, record).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            await record.CompleteAsync(RequestOutcome.Aborted, StatusCodes.Status499ClientClosedRequest).ConfigureAwait(false);
        }
        catch (IOException) when (context.RequestAborted.IsCancellationRequested)
        {
            await record.CompleteAsync(RequestOutcome.Aborted, StatusCodes.Status499ClientClosedRequest).ConfigureAwait(false);
        }
        catch (Exception) when (record.AccessKeyId is not null)
        {
            await record.CompleteAsync(RequestOutcome.InternalError, context.Response.HasStarted ? context.Response.StatusCode : StatusCodes.Status500InternalServerError, OpenAiError.Internal.Code).ConfigureAwait(false);
            throw;
        }
        finally
        {
            metrics.Ended();
        }
    }

    private async Task HandleAsync(HttpContext context, RequestRecord record)
    {
        if (authenticator.Authenticate(context.Request.Headers, out var accessKey) is { } refused)
        {
            metrics.Unauthenticated();
            await new ClientAnswer(context, record, []).FailAsync(refused, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        record.AccessKeyId = accessKey!.Id;
        using var body = new PooledBuffer((int)Math.Clamp(context.Request.ContentLength ?? 0, 4096, RequestBody.MaximumBytes) + 256);
        if (RequestBody.CheckHead(context.Request) is { } badHead)
        {
            await RefuseAsync(context, record, badHead).ConfigureAwait(false);
            return;
        }

        if (await RequestBody.ReadAsync(context, body).ConfigureAwait(false) is { } badBody)
        {
            await RefuseAsync(context, record, badBody).ConfigureAwait(false);
            return;
        }

        var request = ChatRequestReader.Read(body.WrittenSpan, out var invalid);
        if (request is null)
        {
            await RefuseAsync(context, record, invalid!).ConfigureAwait(false);
            return;
        }

        record.Model = request.Model;
        record.Streamed = request.Stream;
        if (ModelName.Parse(request.Model) is not { } model)
        {
            await RefuseAsync(context, record, OpenAiError.Invalid("model_not_found", "Invalid 'model': no model can have this name.", "model")).ConfigureAwait(false);
            return;
        }

        record.Model = model;
        var envelope = new AnswerEnvelope(JsonText.Quote(request.Model), time.GetUtcNow().ToUnixTimeSeconds());
        using var call = new ChatCall(request, model, envelope, record, new ClientAnswer(context, record, request.Warnings));
        GenerateContentWriter.Write(request, body.WrittenSpan, ModelProfiles.For(model), call.Body);
        await forwarder.ForwardAsync(call, context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task RefuseAsync(HttpContext context, RequestRecord record, OpenAiError error)
    {
        await record.CompleteAsync(RequestOutcome.ClientError, error.Status, error.Code).ConfigureAwait(false);
        await new ClientAnswer(context, record, []).FailAsync(error, context.RequestAborted).ConfigureAwait(false);
    }
}
