using GeminiBalance.ServiceDefaults.Storage;
using GeminiBalance.StatsService.Views;
using JasperFx;
using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Weasel.Core;

namespace GeminiBalance.StatsService.Store;

/// <summary>The event store: Marten in schema <c>stats</c>.</summary>
internal static class StoreExtensions
{
    /// <summary>The schema this service owns.</summary>
    public const string Schema = StoreSchema.Name;

    /// <summary>Most events a view folds in one transaction.</summary>
    private const int PageSize = 5_000;

    public static void AddStore(this IHostApplicationBuilder builder)
    {
        builder.AddNpgsqlSource("geminibalance");
        builder.Services.AddSingleton<EventAppender>();
        builder.Services.AddMarten(services =>
        {
            var options = new StoreOptions { DatabaseSchemaName = Schema, AutoCreateSchemaObjects = AutoCreate.None };
            Configure(options, services.GetRequiredService<TimeProvider>());
            foreach (var view in services.GetServices<IView>())
            {
                AddView(options, view);
            }

            foreach (var owned in services.GetServices<StoreTable>())
            {
                options.Storage.ExtendedSchemaObjects.Add(owned.Table);
            }

            return options;
        }).UseNpgsqlDataSource();
    }

    private static void Configure(StoreOptions options, TimeProvider time)
    {
        options.DisableNpgsqlLogging = true;
        options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase, json => StoredFacts.OptionsWith(json));

        var events = options.Events;
        events.DatabaseSchemaName = Schema;
        events.TimeProvider = time;
        events.EnableUniqueIndexOnEventId = true;
        events.EnableBigIntEvents = true;
        events.UseListenNotifyForEventAppends = true;
        EventNames.Map(options);

        // Under this name the store sends the time as a timestamptz. The other quick mode lets the server convert its
        // own clock through the session's time zone, which is right only where that zone is UTC.
        events.AppendMode = EventAppendMode.QuickWithServerTimestamps;

        // An event that a view cannot take must stop that view: skipped, it would be missing from every sum for ever.
        options.Projections.Errors.SkipApplyErrors = false;
        options.Projections.Errors.SkipSerializationErrors = false;
        options.Projections.Errors.SkipUnknownEvents = false;
        options.Projections.RebuildErrors.SkipApplyErrors = false;
        options.Projections.RebuildErrors.SkipSerializationErrors = false;
        options.Projections.RebuildErrors.SkipUnknownEvents = false;
        options.Projections.AsyncMode = DaemonMode.ExternallyManaged;

        // A notification that arrives between two looks is lost, so this bounds how long an event can wait.
        options.Projections.SlowPollingTime = TimeSpan.FromMilliseconds(250);
        options.Projections.FastPollingTime = TimeSpan.FromMilliseconds(100);
    }

    private static void AddView(StoreOptions options, IView view)
    {
        options.Storage.ExtendedSchemaObjects.AddRange(view.Tables);
        options.Projections.Add(new ViewProjection(view), ProjectionLifecycle.Async, view.Name, async =>
        {
            async.BatchSize = PageSize;
            async.MaximumHopperSize = 2 * PageSize;
            foreach (var table in view.Tables)
            {
                async.DeleteDataInTableOnTeardown(table.Identifier.QualifiedName);
            }
        });
    }
}
