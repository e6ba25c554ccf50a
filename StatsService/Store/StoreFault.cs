using Npgsql;

namespace GeminiBalance.StatsService.Store;

/// <summary>What a failed append means.</summary>
internal static class StoreFault
{
    /// <summary>Another writer brought the same fact or batch first.</summary>
    public static bool IsMeeting(Exception e) => e is JasperFx.Events.ExistingStreamIdCollisionException or Marten.Exceptions.ExistingStreamIdCollisionException || SqlState(e) == PostgresErrorCodes.UniqueViolation;

    /// <summary>PostgreSQL cannot hold the data itself (class 22, as a NUL in a text): no retry will help.</summary>
    public static bool IsAboutTheData(Exception e) => SqlState(e)?.StartsWith("22", StringComparison.Ordinal) == true;

    /// <summary>The store is away, busy or not migrated yet: the batch must wait, however long it takes.</summary>
    public static bool IsPassing(Exception e) =>
        (IsMeeting(e) || SqlState(e)?[..2] is not ("22" or "23")) && Chain(e).Any(inner => inner is NpgsqlException or TimeoutException);

    /// <summary>What PostgreSQL said, in its five characters.</summary>
    public static string? SqlState(Exception e) => Chain(e).OfType<PostgresException>().FirstOrDefault()?.SqlState;

    private static IEnumerable<Exception> Chain(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            yield return e;
            if (e is AggregateException many)
            {
                foreach (var inner in many.InnerExceptions.SelectMany(Chain))
                {
                    yield return inner;
                }
            }
        }
    }
}
