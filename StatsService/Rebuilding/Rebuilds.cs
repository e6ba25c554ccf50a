using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Views;
using Npgsql;

namespace GeminiBalance.StatsService.Rebuilding;

/// <summary>The rebuilds of this replica. Over all replicas one runs at a time.</summary>
internal sealed partial class Rebuilds(
    Rebuild rebuild, NpgsqlDataSource source, IEnumerable<IView> views, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Rebuilds> logger)
{
    private readonly ConcurrentDictionary<string, RebuildStatus> states = new(StringComparer.Ordinal);

    /// <summary>Names of what can be rebuilt.</summary>
    public IEnumerable<string> Names => views.Select(view => view.Name).Append(AuditLog.TableName);

    public IReadOnlyList<RebuildStatus> All => [.. states.Values.OrderBy(state => state.Name, StringComparer.Ordinal)];

    /// <summary>Starts one; null when one runs already, here or on another replica, or old requests are being deleted.</summary>
    public async Task<RebuildStatus?> TryStartAsync(string name, CancellationToken cancellation)
    {
        if (await SessionLock.TryTakeAsync(source, SessionRight.Past, cancellation).ConfigureAwait(false) is not { } past)
        {
            return null;
        }

        var started = new RebuildStatus(name, RebuildState.Running, 0, 0, time.GetUtcNow(), null, null);
        states[name] = started;
        _ = RunAsync(started, past);
        return started;
    }

    private async Task RunAsync(RebuildStatus state, SessionLock past)
    {
        try
        {
            await using (past.ConfigureAwait(false))
            {
                if (views.FirstOrDefault(view => view.Name == state.Name) is { } view)
                {
                    await rebuild.RunAsync(past, view, (position, target) =>
                    {
                        states[state.Name] = state = state with { Position = position, Target = target };
                        return Task.CompletedTask;
                    }, lifetime.ApplicationStopping).ConfigureAwait(false);
                }
                else
                {
                    await Rebuild.RunAuditAsync(past, lifetime.ApplicationStopping).ConfigureAwait(false);
                }
            }

            states[state.Name] = state with { State = RebuildState.Succeeded, EndedAt = time.GetUtcNow() };
            LogRebuilt(state.Name);
        }
        catch (Exception e)
        {
            states[state.Name] = state with { State = RebuildState.Failed, EndedAt = time.GetUtcNow(), Fault = e.Message };
            LogFailed(state.Name, e);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "View {View} is rebuilt")]
    private partial void LogRebuilt(string view);

    [LoggerMessage(2, LogLevel.Error, "View {View} could not be rebuilt, and is as it was")]
    private partial void LogFailed(string view, Exception e);
}
