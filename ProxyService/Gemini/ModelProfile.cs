namespace GeminiBalance.ProxyService.Gemini;

/// <summary>What a family of models understands.</summary>
/// <param name="Prefix">How the names of its models begin.</param>
/// <param name="Thinking">How its thinking is steered.</param>
/// <param name="IgnoresSampling">Whether it ignores temperature and its like.</param>
/// <param name="RefusesPenalties">Whether penalties other than 0 are refused.</param>
/// <param name="RefusesModelTurnLast">Whether a conversation may not end with the model's turn.</param>
/// <param name="RefusesSystemInstruction">Whether it has no system instruction.</param>
internal sealed record ModelProfile(
    string Prefix,
    ThinkingControl Thinking,
    bool IgnoresSampling = false,
    bool RefusesPenalties = true,
    bool RefusesModelTurnLast = false,
    bool RefusesSystemInstruction = false);

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
