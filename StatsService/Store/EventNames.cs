using GeminiBalance.Contracts;
using Marten;
using Marten.Events;
using Marten.Services.Json.Transformations;

namespace GeminiBalance.StatsService.Store;

/// <summary>The names events carry in the store. A name never follows a rename of its type; a changed shape gets the next version and an upcaster.</summary>
internal static class EventNames
{
    public const string RequestCompleted = "gb.request.completed.v2";

    /// <summary>Facts in the form in which every field had its name.</summary>
    public const string RequestCompletedInFull = "gb.request.completed.v1";

    public const string DomainChanged = "gb.domain.changed.v1";

    /// <summary>Every name this version can read.</summary>
    public static readonly string[] All = [RequestCompleted, RequestCompletedInFull, DomainChanged];

    public static void Map(StoreOptions options)
    {
        Map<RequestFact>(options, RequestCompleted);
        options.Events.Upcast<RequestFact>(RequestCompletedInFull, new JsonTransformation((serializer, reader, column) => serializer.FromJson<RequestFact>(reader, column)));
        Map<AuditEntry>(options, DomainChanged);
    }

    private static void Map<TEvent>(StoreOptions options, string name)
        where TEvent : class
    {
        options.Events.MapEventType<TEvent>(name);

        // Otherwise the column mt_dotnet_type would hold the CLR name, and a renamed type could not read its own past.
        ((EventGraph)options.Events).EventMappingFor(typeof(TEvent)).DotNetTypeName = name;
    }
}
