using System.Diagnostics;

namespace GeminiBalance.ServiceDefaults.Security;

/// <summary>A value that must not be seen. Printing, logging or inspecting it shows its mask.</summary>
[DebuggerDisplay("{Mask}")]
public sealed class Secret : IEquatable<Secret>
{
    private readonly string value;

    /// <summary>Wraps a secret.</summary>
    /// <param name="value">The secret itself; not empty.</param>
    /// <exception cref="ArgumentException"><paramref name="value"/> is null or empty.</exception>
    public Secret(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        this.value = value;
    }

    /// <summary>First and last four characters; nothing of a secret shorter than 16 characters.</summary>
    public string Mask => value.Length < 16 ? "…" : $"{value[..4]}…{value[^4..]}";

    /// <summary>The secret itself. The name is meant to stand out in review.</summary>
    public string Reveal() => value;

    /// <inheritdoc />
    public bool Equals(Secret? other) => other is not null && string.Equals(value, other.value, StringComparison.Ordinal);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc />
    public override int GetHashCode() => value.GetHashCode(StringComparison.Ordinal);

    /// <summary>The mask.</summary>
    public override string ToString() => Mask;
}
