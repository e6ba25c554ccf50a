using MassTransit;

// The names messages carry on the bus, apart from the records so that those need nothing but System.
// A name never follows a rename of its type; a changed shape gets the next version.
namespace GeminiBalance.Contracts;

[MessageUrn("gb:requests-completed:v1", useDefaultPrefix: false)]
[EntityName("gb.requests-completed.v1")]
public sealed partial record RequestsCompleted;

[MessageUrn("gb:key-attempts-failed:v1", useDefaultPrefix: false)]
[EntityName("gb.key-attempts-failed.v1")]
public sealed partial record KeyAttemptsFailed;

[MessageUrn("gb:key-usage-reported:v1", useDefaultPrefix: false)]
[EntityName("gb.key-usage-reported.v1")]
public sealed partial record KeyUsageReported;

[MessageUrn("gb:key-changed:v1", useDefaultPrefix: false)]
[EntityName("gb.key-changed.v1")]
public sealed partial record KeyChanged;

[MessageUrn("gb:access-key-changed:v1", useDefaultPrefix: false)]
[EntityName("gb.access-key-changed.v1")]
public sealed partial record AccessKeyChanged;

[MessageUrn("gb:settings-changed:v1", useDefaultPrefix: false)]
[EntityName("gb.settings-changed.v1")]
public sealed partial record SettingsChanged;

[MessageUrn("gb:model-changed:v1", useDefaultPrefix: false)]
[EntityName("gb.model-changed.v1")]
public sealed partial record ModelChanged;

[MessageUrn("gb:operator-acted:v1", useDefaultPrefix: false)]
[EntityName("gb.operator-acted.v1")]
public sealed partial record OperatorActed;
