using System.Security.Cryptography;

namespace GeminiBalance.LocalEngine;

/// <summary>A value given by the operator, or made and kept.</summary>
public class ParameterResource : Resource, IValueProvider
{
    private readonly Lazy<string> _value;

    /// <summary>Makes a parameter.</summary>
    /// <param name="name">The name; its setting is <c>Parameters:name</c>.</param>
    /// <param name="callback">Gives the value, once.</param>
    /// <param name="secret">Whether the value must not be shown.</param>
    public ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
        : base(name)
    {
        _value = new Lazy<string>(() => callback(Default));
        Secret = secret;
    }

    /// <summary>Whether the value must not be shown.</summary>
    public bool Secret { get; }

    /// <summary>Makes a value when the operator gives none.</summary>
    public ParameterDefault? Default { get; set; }

    /// <summary>The value.</summary>
    /// <param name="cancellationToken">Not used: the value needs no wait.</param>
    /// <exception cref="MissingParameterValueException">The operator gives none and there is no default.</exception>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(_value.Value);
}

/// <summary>Makes the value of a parameter.</summary>
public abstract class ParameterDefault
{
    /// <summary>Makes a value.</summary>
    public abstract string GetDefaultValue();
}

/// <summary>Makes a random value.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    private const string Letters = "abcdefghijkmnpqrstuvwxyz";
    private const string Digits = "0123456789";
    private const string Specials = "-_.{}~()*+!";

    /// <summary>Whether lower-case letters may appear.</summary>
    public bool Lower { get; set; } = true;

    /// <summary>Whether upper-case letters may appear.</summary>
    public bool Upper { get; set; } = true;

    /// <summary>Whether digits may appear.</summary>
    public bool Numeric { get; set; } = true;

    /// <summary>Whether punctuation may appear.</summary>
    public bool Special { get; set; } = true;

    /// <summary>The length in characters.</summary>
    public int MinLength { get; set; }

    /// <inheritdoc/>
    public override string GetDefaultValue()
    {
        List<string> kinds = [];
        if (Lower) kinds.Add(Letters);
        if (Upper) kinds.Add(Letters.ToUpperInvariant());
        if (Numeric) kinds.Add(Digits);
        if (Special) kinds.Add(Specials);
        if (kinds.Count == 0) throw new InvalidOperationException("A generated parameter needs at least one kind of character.");
        // Shorter values than this could be guessed, whatever the caller asks for.
        var length = Math.Max(MinLength, 16);
        var value = new char[length];
        for (var i = 0; i < length; i++)
            value[i] = i < kinds.Count ? Pick(kinds[i]) : Pick(string.Concat(kinds));
        RandomNumberGenerator.Shuffle(value.AsSpan());
        return new string(value);
    }

    private static char Pick(string from) => from[RandomNumberGenerator.GetInt32(from.Length)];
}
