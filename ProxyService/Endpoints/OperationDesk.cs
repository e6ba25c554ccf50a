using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>What every operation begins and ends with: the method, the client's key, and one fact however it ends.</summary>
internal sealed class OperationDesk(AccessKeyAuthenticator authenticator, IRequestLedger ledger, ProxyMetrics metrics, IOptionsMonitor<PrivacyOptions> privacy, TimeProvider time)
{
    private const string ClientRequestIdHeader = "X-Client-Request-Id";
    private const int LongestClientRequestId = 128;

    /// <summary>Runs an operation.</summary>
    /// <param name="context">The request.</param>
    /// <param name="kind">What is asked for.</param>
    /// <param name="method">The method it must come with.</param>
    /// <param name="run">The operation itself; only called for clients that are known.</param>
    public async Task RunAsync(HttpContext context, RequestOperation kind, string method, Func<Operation, Task> run)
    {
        var dialect = RequestDialect.Of(context.Request);
        if (!HttpMethods.Equals(context.Request.Method, method))
        {
            await ErrorResponses.WriteAsync(context, OpenAiError.WrongMethod(context.Request.Method, context.Request.Path, method), method).ConfigureAwait(false);
            return;
        }

        var record = new RequestRecord(kind, ledger, metrics, time);
        var admitted = false;
        metrics.Began();
        try
        {
            if (authenticator.Authenticate(context, RequestDialect.AcceptsQueryKey(context.Request, dialect), out var accessKey) is { } refused)
            {
                metrics.Unauthenticated();
                await new ClientAnswer(context, record, [], dialect).FailAsync(refused, context.RequestAborted).ConfigureAwait(false);
                return;
            }

            admitted = ledger.TryAdmit();
            if (!admitted)
            {
                metrics.CannotRecord();
                await new ClientAnswer(context, record, [], dialect).FailAsync(OpenAiError.CannotRecord, context.RequestAborted).ConfigureAwait(false);
                return;
            }

            record.AccessKeyId = accessKey!.Id;
            record.ClientRequestId = privacy.CurrentValue.ClientRequestIds ? ClientRequestIdOf(context.Request) : null;
            await run(new Operation(context, record, accessKey, dialect)).ConfigureAwait(false);
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
            if (admitted)
            {
                ledger.Leave();
            }
        }
    }

    /// <summary>The id a client gives its request is kept when it is plain: it is shown to operators as it is.</summary>
    private static string? ClientRequestIdOf(HttpRequest request)
    {
        var given = request.Headers[ClientRequestIdHeader];
        return given is [{ Length: > 0 and <= LongestClientRequestId } id] && !id.AsSpan().ContainsAnyExceptInRange('!', '~') ? id : null;
    }
}
