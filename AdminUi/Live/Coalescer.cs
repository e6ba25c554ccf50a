namespace GeminiBalance.AdminUi.Live;

/// <summary>Turns any number of signals into at most one run per interval. A signal during a run leads to one more run.</summary>
/// <param name="run">What to run; never runs twice at once.</param>
/// <param name="interval">The least time between the ends of runs and the next one's start.</param>
/// <param name="time">The clock.</param>
internal sealed class Coalescer(Func<CancellationToken, Task> run, TimeSpan interval, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly CancellationTokenSource stop = new();
    private int pending;

    /// <summary>Asks for a run.</summary>
    public void Signal()
    {
        if (Interlocked.Exchange(ref pending, 1) == 0)
        {
            _ = RunAsync();
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            var token = stop.Token;
            await gate.WaitAsync(token);
            try
            {
                Interlocked.Exchange(ref pending, 0);
                await run(token);
                await Task.Delay(interval, time, token);
            }
            finally
            {
                gate.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
    }
}
