using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Lets calls in, or refuses them before the upstream hears of them; every registered guard is asked, in order.</summary>
internal interface ICallGuard
{
    /// <summary>Asks for entry: what the call will need is reserved.</summary>
    /// <param name="call">The call.</param>
    /// <param name="client">Ends when the client goes away.</param>
    /// <returns>Why it is refused; null when it may go on. Only then is <see cref="Leave"/> called.</returns>
    ValueTask<OpenAiError?> EnterAsync(GatewayCall call, CancellationToken client);

    /// <summary>The call is over, however it ended: what was reserved becomes what was used. Must not wait for anything.</summary>
    /// <param name="call">The call; its record holds the tokens.</param>
    void Leave(GatewayCall call);
}
