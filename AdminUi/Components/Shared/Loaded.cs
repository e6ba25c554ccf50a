using GeminiBalance.AdminUi.Clients;

namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>Something a panel shows: not there yet, there, or not to be had.</summary>
/// <typeparam name="T">What is shown.</typeparam>
public sealed class Loaded<T>
    where T : class
{
    /// <summary>The last value that was had; kept when a later try fails.</summary>
    public T? Value { get; private set; }

    /// <summary>Why the last try failed; null when it did not.</summary>
    public ServiceCallException? Error { get; private set; }

    /// <summary>Tries once. A failed call becomes <see cref="Error"/>.</summary>
    /// <param name="load">Gets the value.</param>
    public async Task TryAsync(Func<Task<T>> load)
    {
        try
        {
            Value = await load();
            Error = null;
        }
        catch (ServiceCallException e)
        {
            Error = e;
        }
    }

    /// <summary>Takes over what another try came to.</summary>
    /// <param name="other">The try.</param>
    public Task TakeAsync(Loaded<T> other) => TryAsync(() => other.Error is { } error ? Task.FromException<T>(error) : Task.FromResult(other.Value!));

    /// <summary>Forgets the value, for when another question is asked.</summary>
    public void Clear()
    {
        Value = null;
        Error = null;
    }
}
