namespace GeminiBalance.AdminUi.Resources;

/// <summary>Texts of the shell and of components that every page uses.</summary>
public sealed class ShellTexts;

/// <summary>Texts of the overview.</summary>
public sealed class OverviewTexts;

/// <summary>Texts of the keys' page.</summary>
public sealed class KeysTexts;

/// <summary>Texts of the quota pools' page.</summary>
public sealed class PoolsTexts;

/// <summary>Texts of the imports' pages.</summary>
public sealed class ImportsTexts;

/// <summary>Texts of the access keys' page.</summary>
public sealed class AccessKeysTexts;

/// <summary>Texts of signing in and of the password's page.</summary>
public sealed class AccountTexts;

/// <summary>Texts of the usage page.</summary>
public sealed class UsageTexts;

/// <summary>Texts of the requests' pages.</summary>
public sealed class RequestsTexts;

/// <summary>Texts of the jobs' page.</summary>
public sealed class JobsTexts;

/// <summary>Texts of the page where holders of access keys see their usage.</summary>
public sealed class MyUsageTexts;

/// <summary>Texts of the audit log's page.</summary>
public sealed class AuditTexts;

/// <summary>Texts of the settings' pages.</summary>
public sealed class SettingsTexts;

/// <summary>Names and descriptions of the gateway's settings, by their names in configuration.</summary>
public sealed class SettingNamesTexts;

/// <summary>Texts of the models' page.</summary>
public sealed class ModelsTexts;
