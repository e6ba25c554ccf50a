using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace GeminiBalance.LocalEngine;

/// <summary>A text with holes that are filled once ports and passwords are known.</summary>
public class ReferenceExpression : IValueProvider
{
    private ReferenceExpression(string format, IReadOnlyList<IValueProvider> providers, IReadOnlyList<string?> formats)
    {
        Format = format;
        ValueProviders = providers;
        StringFormats = formats;
    }

    /// <summary>The text as a composite format.</summary>
    public string Format { get; }

    /// <summary>What fills the holes.</summary>
    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    /// <summary>How each hole is written: null as it is, <c>uri</c> escaped for a URI.</summary>
    public IReadOnlyList<string?> StringFormats { get; }

    /// <summary>Makes an expression from an interpolated string.</summary>
    /// <param name="handler">The interpolated string.</param>
    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    /// <inheritdoc/>
    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        var values = new object?[ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var value = await ValueProviders[i].GetValueAsync(cancellationToken).ConfigureAwait(false);
            values[i] = StringFormats[i] == "uri" && value is not null ? Uri.EscapeDataString(value) : value;
        }

        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    /// <summary>Collects the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
#pragma warning disable CA1815, CA1034 // The compiler makes it, uses it once and throws it away.
    public struct ExpressionInterpolatedStringHandler
#pragma warning restore CA1815, CA1034
    {
        private readonly StringBuilder _format;
        private readonly List<IValueProvider> _providers;
        private readonly List<string?> _formats;

        /// <summary>Called by the compiler.</summary>
        /// <param name="literalLength">Length of the text.</param>
        /// <param name="formattedCount">Number of holes.</param>
        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
        {
            _format = new StringBuilder(literalLength + (formattedCount * 3));
            _providers = new List<IValueProvider>(formattedCount);
            _formats = new List<string?>(formattedCount);
        }

        /// <summary>Adds text.</summary>
        /// <param name="value">The text.</param>
        public readonly void AppendLiteral(string value) =>
            _format.Append(value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

        /// <summary>Adds text.</summary>
        /// <param name="value">The text; null adds nothing.</param>
        public readonly void AppendFormatted(string? value) => AppendLiteral(value ?? "");

        /// <summary>Adds a value that is known later.</summary>
        /// <typeparam name="T">Type of what gives the value.</typeparam>
        /// <param name="valueProvider">Gives the value.</param>
        public readonly void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider => AppendFormatted(valueProvider, null);

        /// <summary>Adds a value that is known later.</summary>
        /// <typeparam name="T">Type of what gives the value.</typeparam>
        /// <param name="valueProvider">Gives the value.</param>
        /// <param name="format">Null as it is, <c>uri</c> escaped for a URI.</param>
        public readonly void AppendFormatted<T>(T valueProvider, string? format = null)
            where T : IValueProvider
        {
            _format.Append('{').Append(_providers.Count.ToString(CultureInfo.InvariantCulture)).Append('}');
            _providers.Add(valueProvider);
            _formats.Add(format);
        }

        internal readonly ReferenceExpression Build() => new(_format.ToString(), _providers, _formats);
    }
}
