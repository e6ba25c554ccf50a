using System.Globalization;

namespace GeminiBalance.ServiceDefaults.Jobs;

/// <summary>When a job runs by itself.</summary>
public abstract record JobSchedule
{
    private JobSchedule()
    {
    }

    /// <summary>The first time to run after an earlier one (UTC). A time that passed while no service ran is made up for once.</summary>
    /// <param name="earlier">When the last run began; for a job that never ran, when it was first known.</param>
    public abstract DateTimeOffset NextAfter(DateTimeOffset earlier);

    /// <summary>Again and again, with the same time between two begins.</summary>
    /// <param name="Pause">The time between two begins.</param>
    public sealed record Every(TimeSpan Pause) : JobSchedule
    {
        /// <inheritdoc/>
        public override DateTimeOffset NextAfter(DateTimeOffset earlier) => earlier.ToUniversalTime() + Pause;
    }

    /// <summary>Once a day by the clock of a time zone. A time that summer time skips is taken an hour later.</summary>
    /// <param name="At">The time of the day.</param>
    /// <param name="Zone">Whose clock.</param>
    public sealed record Daily(TimeOnly At, TimeZoneInfo Zone) : JobSchedule
    {
        /// <inheritdoc/>
        public override DateTimeOffset NextAfter(DateTimeOffset earlier)
        {
            // Begun a day early, so that a time that summer time moved past midnight is not missed.
            var day = TimeZoneInfo.ConvertTime(earlier, Zone).Date.AddDays(-1);
            while (true)
            {
                var local = day + At.ToTimeSpan();
                var there = Zone.IsInvalidTime(local) ? local.AddHours(1) : local;
                var next = new DateTimeOffset(there, Zone.GetUtcOffset(there)).ToUniversalTime();
                if (next > earlier)
                {
                    return next;
                }

                day = day.AddDays(1);
            }
        }

        /// <summary>For example <c>00:00 America/Los_Angeles</c>.</summary>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At:HH:mm} {Zone.Id}");
    }
}
