namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>
/// How long a page is shown. Its token can be asked for after the page was left, unlike that of a disposed source: what follows a dialog that closed because the page was
/// left then ends quietly, instead of failing on the page that came next.
/// </summary>
internal sealed class PageLifetime : IDisposable
{
    private readonly CancellationTokenSource left = new();

    public PageLifetime() => Token = left.Token;

    /// <summary>Cancelled when the page is left.</summary>
    public CancellationToken Token { get; }

    public void Dispose()
    {
        left.Cancel();
        left.Dispose();
    }
}
