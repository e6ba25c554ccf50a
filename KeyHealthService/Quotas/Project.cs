using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>What is known of a Google project was set; null means unknown.</summary>
internal sealed record ProjectDescribed(Guid ProjectId, string Name, string? Number, string? BillingAccount, KeyTier? Tier, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A Google project: its keys share one quota, and its billing account stops all its projects at once.</summary>
internal sealed record Project
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Its number at Google, as <c>projects/123</c>.</summary>
    public string? Number { get; init; }

    public string? BillingAccount { get; init; }

    public KeyTier? Tier { get; init; }

    /// <summary>Number of events in the stream.</summary>
    public long Version { get; init; }

    /// <summary>A project nothing was said about.</summary>
    public static Project Unknown(string name) => new() { Id = NamedIds.Of($"project\n{name}"), Name = name };

    /// <summary>The state after one more event.</summary>
    public static Project After(Project? project, object happened) => happened is ProjectDescribed e
        ? new Project
        {
            Id = e.ProjectId,
            Name = e.Name,
            Number = e.Number,
            BillingAccount = e.BillingAccount,
            Tier = e.Tier,
            Version = (project?.Version ?? 0) + 1,
        }
        : throw new InvalidOperationException($"A project's stream holds the event {happened.GetType().Name}, which says nothing about projects.");

    /// <summary>What an edit changes; null leaves a value, an empty text clears it.</summary>
    public IReadOnlyList<IPoolEvent> Edit(EditPool edit, string by, DateTimeOffset now)
    {
        var after = new ProjectDescribed(Id, Name, Given(edit.Number, Number), Given(edit.BillingAccount, BillingAccount), edit.Tier ?? Tier, by, now);
        return (after.Number, after.BillingAccount, after.Tier) == (Number, BillingAccount, Tier) ? [] : [after];
    }

    private static string? Given(string? said, string? before) => said is null ? before : string.IsNullOrWhiteSpace(said) ? null : said.Trim();
}

/// <summary>Keeps every <see cref="Project"/> in step with its stream, in the transaction of its events.</summary>
internal sealed partial class ProjectProjection : SingleStreamProjection<Project, Guid>
{
    public ProjectProjection()
    {
        IncludeType<ProjectDescribed>();
    }

    public override Project Evolve(Project? snapshot, Guid id, IEvent e) => Project.After(snapshot, e.Data);
}
