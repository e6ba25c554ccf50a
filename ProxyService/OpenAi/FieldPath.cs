namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Where a field stands in a request, put into words only when an error names it.</summary>
internal readonly struct FieldPath
{
    private readonly string name;
    private readonly int message;
    private readonly int part;

    private FieldPath(string name, int message, int part)
    {
        this.name = name;
        this.message = message;
        this.part = part;
    }

    /// <summary>A top-level field.</summary>
    public static implicit operator FieldPath(string name) => new(name, -1, -1);

    /// <summary>A field of a message; an empty name means the message itself.</summary>
    public static FieldPath OfMessage(int message, string name) => new(name, message, -1);

    /// <summary>A field of a content part; an empty name means the part itself.</summary>
    public static FieldPath OfPart(int message, int part, string name) => new(name, message, part);

    /// <summary>For example <c>messages[0].content[1].type</c>.</summary>
    public override string ToString()
    {
        if (message < 0)
        {
            return name;
        }

        var parent = part < 0 ? $"messages[{message}]" : $"messages[{message}].content[{part}]";
        return name.Length == 0 ? parent : $"{parent}.{name}";
    }
}
