namespace GeminiBalance.ProxyService.Gemini;

/// <summary>What a family of models understands.</summary>
/// <param name="Prefix">How the names of its models begin.</param>
/// <param name="Thinking">How its thinking is steered.</param>
internal sealed record ModelProfile(string Prefix, ThinkingControl Thinking)
{
    /// <summary>The most tokens of an answer of most models.</summary>
    public const int UsualOutputLimit = 65_536;

    /// <summary>Whether it ignores temperature and its like.</summary>
    public bool IgnoresSampling { get; init; }

    /// <summary>Whether penalties other than 0 are refused.</summary>
    public bool RefusesPenalties { get; init; } = true;

    /// <summary>Whether a conversation may not end with the model's turn.</summary>
    public bool RefusesModelTurnLast { get; init; }

    /// <summary>Whether it has no system instruction.</summary>
    public bool RefusesSystemInstruction { get; init; }

    /// <summary>Whether it calls no functions.</summary>
    public bool RefusesTools { get; init; }

    /// <summary>The most candidates it gives.</summary>
    public int MostCandidates { get; init; } = 8;

    /// <summary>Whether the first function call of every step of the current turn must carry its thought signature; if it draws, the first part and every image of its answers.</summary>
    public bool EnforcesSignatures { get; init; }

    /// <summary>Whether functions may stand beside Google's own tools, and beside JSON as the answer's form.</summary>
    public bool MixesTools { get; init; }

    /// <summary>Whether it draws.</summary>
    public bool DrawsImages { get; init; }

    /// <summary>Whether it speaks.</summary>
    public bool Speaks { get; init; }

    /// <summary>The most tokens of an answer; null when not known.</summary>
    public int? OutputLimit { get; init; }

    /// <summary>The most tokens all candidates of an answer can hold together, thoughts included.</summary>
    /// <param name="asked">The most tokens the client asked for; null when it did not say.</param>
    /// <param name="candidates">How many candidates it asked for.</param>
    public int MostAnswerTokens(int? asked, int candidates)
    {
        var limit = OutputLimit ?? UsualOutputLimit;
        return Math.Min(Math.Max(asked ?? limit, 1), limit) * Math.Clamp(candidates, 1, MostCandidates);
    }
}

/// <summary>How a model's thinking is steered.</summary>
internal abstract record ThinkingControl
{
    private ThinkingControl()
    {
    }

    /// <summary>It cannot be steered.</summary>
    internal sealed record None : ThinkingControl;

    /// <summary>By a number of tokens.</summary>
    /// <param name="Minimum">The smallest budget that still thinks.</param>
    /// <param name="Maximum">The largest budget.</param>
    /// <param name="CanBeOff">Whether a budget of 0 is accepted.</param>
    internal sealed record Budget(int Minimum, int Maximum, bool CanBeOff) : ThinkingControl;

    /// <summary>By a word.</summary>
    /// <param name="HasMinimal">Whether <c>MINIMAL</c> is accepted.</param>
    /// <param name="HasMedium">Whether <c>MEDIUM</c> is accepted.</param>
    /// <param name="HasExtraHigh">Whether <c>XHIGH</c> is accepted.</param>
    internal sealed record Level(bool HasMinimal, bool HasMedium, bool HasExtraHigh) : ThinkingControl;
}
