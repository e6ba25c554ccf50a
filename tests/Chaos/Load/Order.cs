namespace GeminiBalance.Chaos.Load;

/// <summary>A request to be made. Equal seeds make equal orders.</summary>
/// <param name="Tag">Its name.</param>
/// <param name="Stream">Whether its answer is to be a stream.</param>
/// <param name="Marker">What the upstream is asked to do; empty for nothing.</param>
/// <param name="LeaveAfter">After how many events the client hangs up; null when it stays.</param>
/// <param name="Words">Size of the prompt.</param>
/// <param name="PauseMs">Milliseconds the client waits afterwards.</param>
internal sealed record Order(string Tag, bool Stream, string Marker, int? LeaveAfter, int Words, int PauseMs)
{
    /// <summary>Draws one.</summary>
    /// <param name="random">The client's own dice.</param>
    /// <param name="tag">Its name.</param>
    public static Order Draw(Random random, string tag)
    {
        var kind = random.Next(100);
        var order = new Order(tag, kind >= 40, "", null, random.Next(1, 40), random.Next(20, 160));
        return kind switch
        {
            < 80 => order,
            < 89 => order with { Marker = "[sim:slow:40]" },
            < 95 => order with { Marker = "[sim:slow:250]", LeaveAfter = random.Next(1, 4) },
            < 98 => order with { Marker = "[sim:cut:2]" },
            _ => order with { Stream = false, Marker = "[sim:error-mid-stream]" },
        };
    }

    /// <summary>The text of the prompt.</summary>
    public string Prompt => $"{string.Join(' ', Enumerable.Repeat("word", Words))} [tag:{Tag}]{Marker}";
}
