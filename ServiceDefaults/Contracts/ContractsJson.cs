using System.Text.Json;
using System.Text.Json.Serialization;

namespace GeminiBalance.Contracts;

/// <summary>The one JSON form of every contract: camelCase names, enum words, nulls left out. Readers ignore fields they do not know.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RequestsCompleted))]
[JsonSerializable(typeof(RequestFact))]
[JsonSerializable(typeof(SegmentClosed[]))]
[JsonSerializable(typeof(SegmentVerdict[]))]
[JsonSerializable(typeof(KeyAttemptsFailed))]
[JsonSerializable(typeof(KeyUsageReported))]
[JsonSerializable(typeof(PoolSnapshot))]
[JsonSerializable(typeof(PoolHead))]
[JsonSerializable(typeof(PoolChange))]
[JsonSerializable(typeof(PoolKey[]))]
[JsonSerializable(typeof(PoolKeyState[]))]
[JsonSerializable(typeof(PoolAccessKey[]))]
[JsonSerializable(typeof(PoolQuota[]))]
[JsonSerializable(typeof(PoolQuotaChange))]
[JsonSerializable(typeof(PoolPage))]
[JsonSerializable(typeof(EditPool))]
[JsonSerializable(typeof(SetLimits))]
[JsonSerializable(typeof(ResetQuota))]
[JsonSerializable(typeof(PoolAlarm[]))]
[JsonSerializable(typeof(UndoTransitions))]
[JsonSerializable(typeof(UndoneTransitions))]
[JsonSerializable(typeof(ImportJob[]))]
[JsonSerializable(typeof(ImportLinePage))]
[JsonSerializable(typeof(KeyCleanup))]
[JsonSerializable(typeof(KeyPage))]
[JsonSerializable(typeof(KeySummary))]
[JsonSerializable(typeof(EditKey))]
[JsonSerializable(typeof(CheckKeys))]
[JsonSerializable(typeof(ImportResult))]
[JsonSerializable(typeof(TimelineEntry[]))]
[JsonSerializable(typeof(AccessKeyView[]))]
[JsonSerializable(typeof(CreateAccessKey))]
[JsonSerializable(typeof(CreatedAccessKey))]
[JsonSerializable(typeof(ProxyStatus))]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(Usage))]
[JsonSerializable(typeof(FailedRequest[]))]
[JsonSerializable(typeof(ProjectionStatus))]
[JsonSerializable(typeof(LiveTick))]
public sealed partial class ContractsJson : JsonSerializerContext;
