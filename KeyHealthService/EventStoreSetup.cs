using System.Text.Json.Serialization;
using GeminiBalance.KeyHealthService.AccessKeys;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Models;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.KeyHealthService.Telling;
using GeminiBalance.ServiceDefaults.Storage;
using JasperFx;
using JasperFx.Events;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events;
using Npgsql;
using Weasel.Core;

namespace GeminiBalance.KeyHealthService;

/// <summary>How Marten keeps the streams of this service and their states.</summary>
internal static class EventStoreSetup
{
    public static void AddKeyStore(this IHostApplicationBuilder builder)
    {
        builder.AddNpgsqlSource("geminibalance");
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Services.AddMarten(provider =>
        {
            var options = new StoreOptions();
            options.Connection(provider.GetRequiredService<NpgsqlDataSource>());
            Configure(options);
            return options;
        }).UseLightweightSessions();
    }

    public static void Configure(StoreOptions options)
    {
        options.DatabaseSchemaName = Tables.Schema;
        options.AutoCreateSchemaObjects = AutoCreate.None;
        options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase, json => json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);
        options.Advanced.DuplicatedFieldEnumStorage = EnumStorage.AsString;
        options.DisableNpgsqlLogging = true;

        options.Events.StreamIdentity = StreamIdentity.AsGuid;
        options.Events.AppendMode = EventAppendMode.Rich;
        options.Events.IgnoreIndex(Tables.AccessKeyHashIndex);
        foreach (var (type, name) in EventNames.All)
        {
            options.Events.MapEventType(type, name);

            // Marten's second column for the type gets the wire name too: a CLR name in the store would break with the next rename.
            ((EventGraph)options.Events).EventMappingFor(type).DotNetTypeName = name;
        }

        options.Schema.For<Key>().DocumentAlias("key").Metadata(m => m.DotNetType.Enabled = false)
            .Duplicate(key => key.Status).Duplicate(key => key.Pool).Duplicate(key => key.Until!);
        options.Schema.For<Quota>().DocumentAlias("quota").Metadata(m => m.DotNetType.Enabled = false)
            .Duplicate(quota => quota.Status).Duplicate(quota => quota.Pool).Duplicate(quota => quota.Model).Duplicate(quota => quota.Until!);
        options.Schema.For<Project>().DocumentAlias("project").Metadata(m => m.DotNetType.Enabled = false);
        options.Schema.For<QuotaLimits>().DocumentAlias("quota_limits").Metadata(m => m.DotNetType.Enabled = false).Duplicate(limits => limits.Pool);
        options.Schema.For<AccessKey>().DocumentAlias("access_key").Metadata(m => m.DotNetType.Enabled = false);
        options.Schema.For<GatewaySettings>().DocumentAlias("gateway_settings").Metadata(m => m.DotNetType.Enabled = false);

        options.Schema.For<ModelCatalogue>().DocumentAlias("model_catalogue").Metadata(m => m.DotNetType.Enabled = false);

        options.Projections.Add(new KeyProjection(), ProjectionLifecycle.Inline);
        options.Projections.Add(new QuotaProjection(), ProjectionLifecycle.Inline);
        options.Projections.Add(new ProjectProjection(), ProjectionLifecycle.Inline);
        options.Projections.Add(new QuotaLimitsProjection(), ProjectionLifecycle.Inline);
        options.Projections.Add(new AccessKeyProjection(), ProjectionLifecycle.Inline);
        options.Projections.Add(new GatewaySettingsProjection(), ProjectionLifecycle.Inline);
        options.Projections.Add(new ModelCatalogueProjection(), ProjectionLifecycle.Inline);
        options.Projections.Add(new PoolOutbox(), ProjectionLifecycle.Inline);
        options.Projections.Add(new MessageOutbox(), ProjectionLifecycle.Inline);
        options.Projections.Add(new ProbePlan(), ProjectionLifecycle.Inline);
        options.Projections.Errors.SkipApplyErrors = false;
        options.Projections.Errors.SkipSerializationErrors = false;
        options.Projections.Errors.SkipUnknownEvents = false;
    }
}
