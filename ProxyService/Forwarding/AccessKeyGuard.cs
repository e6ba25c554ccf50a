using GeminiBalance.ProxyService.Limits;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Holds the access key of a call to its limits: what it will probably use is reserved before, what it has used settled after.</summary>
/// <param name="limiter">The accounts.</param>
/// <param name="costs">What tokens cost.</param>
internal sealed class AccessKeyGuard(AccessKeyLimiter limiter, ModelCosts costs) : ICallGuard
{
    /// <summary>Tokens of an answer that are reserved; what it really took is known at its end.</summary>
    private const long AnswerTokens = 256;

    /// <summary>The most tokens of a prompt that are reserved: images and recordings are fewer tokens than their bytes suggest.</summary>
    private const long MostPromptTokens = 32_768;

    /// <inheritdoc />
    public async ValueTask<OpenAiError?> EnterAsync(GatewayCall call, CancellationToken client)
    {
        if (call.Holder?.Limits is not { } limits)
        {
            return null;
        }

        var estimate = UsageEstimate.Of(call.ExpectedBytes ?? call.Body.Length, 0) with { Completion = AnswerTokens };
        estimate = estimate with { Prompt = Math.Min(estimate.Prompt, MostPromptTokens) };
        var demand = new LimitDemand(call.Holder.Id, limits, estimate.Prompt + AnswerTokens, costs.Of(null, call.Model, estimate), call.Record.Id);
        var (verdict, account) = await limiter.ReserveAsync(demand).ConfigureAwait(false);
        call.Answer.Limits = (verdict, limits);
        if (verdict.Reached != LimitKind.None)
        {
            return LimitErrors.Of(verdict, limits);
        }

        call.Reserved = (demand, account);
        return null;
    }

    /// <inheritdoc />
    public void Leave(GatewayCall call)
    {
        if (call.Reserved is not { } reserved)
        {
            return;
        }

        var used = call.Record.Tokens;
        reserved.Account.Settle(reserved.Demand, used?.Total ?? 0, used is null ? 0 : costs.Of(call.Record.ModelServed, call.Model, used));
    }
}
