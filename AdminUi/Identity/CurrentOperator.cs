using Microsoft.AspNetCore.Components.Authorization;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Who acts on this page; named to the other services with every change.</summary>
internal sealed class CurrentOperator(AuthenticationStateProvider authentication)
{
    public async Task<string> NameAsync() =>
        (await authentication.GetAuthenticationStateAsync()).User.Identity is { IsAuthenticated: true, Name: { } name }
            ? name
            : throw new InvalidOperationException("No operator is signed in.");
}
