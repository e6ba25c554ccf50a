using Microsoft.AspNetCore.Identity;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Someone who may sign in.</summary>
internal sealed class Operator : IdentityUser
{
    /// <summary>Name of the operator that the first start creates.</summary>
    public const string First = "admin";

    /// <summary>True while the password is a generated one that its owner has not replaced.</summary>
    public bool HasGeneratedPassword { get; set; }

    /// <summary>How often sign-in was locked since the last success; each lock lasts longer than the one before.</summary>
    public int Lockouts { get; set; }
}

/// <summary>A link that signs an operator in once. The link's token itself is not stored.</summary>
internal sealed class LoginLink
{
    /// <summary>SHA-256 of the token, lower-case hex.</summary>
    public required string Hash { get; init; }

    /// <summary>Whom it signs in.</summary>
    public required string OperatorId { get; init; }

    /// <summary>When it stops working (UTC).</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
