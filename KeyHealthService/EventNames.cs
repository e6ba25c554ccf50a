using System.Collections.Frozen;
using GeminiBalance.KeyHealthService.AccessKeys;
using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Models;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Settings;

namespace GeminiBalance.KeyHealthService;

/// <summary>The wire name of every event of this service. A name never changes and never follows a rename of its type; a changed shape gets the next version.</summary>
internal static class EventNames
{
    public static FrozenDictionary<Type, string> All { get; } = new Dictionary<Type, string>
    {
        [typeof(KeyAdded)] = "gb.key.added.v1",
        [typeof(KeyLabelled)] = "gb.key.labelled.v1",
        [typeof(KeyProjectSet)] = "gb.key.project-set.v1",
        [typeof(KeyDisabled)] = "gb.key.disabled.v1",
        [typeof(KeyEnabled)] = "gb.key.enabled.v1",
        [typeof(KeyRemoved)] = "gb.key.removed.v1",
        [typeof(KeyHealthChanged)] = "gb.key.health-changed.v1",
        [typeof(KeyRoutingSet)] = "gb.key.routing-set.v1",
        [typeof(KeyTagged)] = "gb.key.tagged.v1",
        [typeof(KeyRetired)] = "gb.key.retired.v1",
        [typeof(KeyTransitionUndone)] = "gb.key.transition-undone.v1",
        [typeof(ProjectDescribed)] = "gb.project.described.v1",
        [typeof(LimitsSet)] = "gb.quota.limits-set.v1",
        [typeof(LimitLearned)] = "gb.quota.limit-learned.v1",
        [typeof(PoolAlarmRaised)] = "gb.pool-alarm.raised.v1",
        [typeof(PoolAlarmEnded)] = "gb.pool-alarm.ended.v1",
        [typeof(QuotaChanged)] = "gb.quota.changed.v1",
        [typeof(AccessKeyCreated)] = "gb.access-key.created.v1",
        [typeof(AccessKeyEdited)] = "gb.access-key.edited.v1",
        [typeof(AccessKeyRotated)] = "gb.access-key.rotated.v1",
        [typeof(AccessKeyRevoked)] = "gb.access-key.revoked.v1",
        [typeof(AccessKeyDisabled)] = "gb.access-key.disabled.v1",
        [typeof(AccessKeyEnabled)] = "gb.access-key.enabled.v1",
        [typeof(AccessKeyRemoved)] = "gb.access-key.removed.v1",
        [typeof(SettingsSaved)] = "gb.settings.saved.v1",
        [typeof(ModelsSynced)] = "gb.models.synced.v1",
    }.ToFrozenDictionary();
}
