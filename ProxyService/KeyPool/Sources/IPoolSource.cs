using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>A place a whole snapshot can be had from.</summary>
internal interface IPoolSource
{
    /// <summary>Its name in <see cref="ProxyStatus.Source"/>.</summary>
    string Name { get; }

    /// <summary>Reads the snapshot.</summary>
    /// <returns>Null when there is none, or the place does not answer.</returns>
    Task<PoolSnapshot?> LoadAsync(CancellationToken cancellationToken);
}

/// <summary>The place that can be asked again and again for what is newer.</summary>
internal interface IPoolOwner : IPoolSource
{
    /// <summary>Reads the snapshot if it is another one than the caller has.</summary>
    /// <param name="epoch">The epoch the caller has.</param>
    /// <param name="sequence">The sequence it has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when nothing is newer, or the place does not answer.</returns>
    Task<PoolSnapshot?> NewerAsync(Guid epoch, long sequence, CancellationToken cancellationToken);
}

/// <summary>The place that also tells of changes.</summary>
internal interface IPoolFeed : IPoolSource
{
    /// <summary>Reads only where the pool stands.</summary>
    /// <returns>Null when there is no snapshot, or the place does not answer.</returns>
    Task<PoolHead?> HeadAsync(CancellationToken cancellationToken);

    /// <summary>Asks to be told of every change from now on, also after a lost connection. Returns once when it is set up.</summary>
    /// <param name="onChange">Called with one change at a time, in order; null means one could not be read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task SubscribeAsync(Action<PoolChange?> onChange, CancellationToken cancellationToken);
}
