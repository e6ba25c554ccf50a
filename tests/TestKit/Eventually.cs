using System.Diagnostics;

namespace GeminiBalance.TestKit;

/// <summary>Waits for what will become true.</summary>
public static class Eventually
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <param name="condition">The question.</param>
    /// <param name="within">The most time.</param>
    /// <param name="what">What is waited for, for the message.</param>
    /// <exception cref="TimeoutException">It did not become true.</exception>
    public static Task TrueAsync(Func<Task<bool>> condition, TimeSpan within, string what) =>
        ValueAsync(async () => await condition().ConfigureAwait(false) ? "yes" : null, within, what);

    /// <summary>Asks again and again until there is an answer.</summary>
    /// <typeparam name="T">What is waited for.</typeparam>
    /// <param name="probe">Answers null while it is not there.</param>
    /// <param name="within">The most time.</param>
    /// <param name="what">What is waited for, for the message.</param>
    /// <exception cref="TimeoutException">It never came.</exception>
    public static async Task<T> ValueAsync<T>(Func<Task<T?>> probe, TimeSpan within, string what)
        where T : class
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (await probe().ConfigureAwait(false) is { } value)
            {
                return value;
            }

            if (watch.Elapsed > within)
            {
                throw new TimeoutException($"Within {within.TotalSeconds:0.#} s not seen: {what}.");
            }

            await Task.Delay(Step).ConfigureAwait(false);
        }
    }
}
