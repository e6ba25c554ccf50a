namespace GeminiBalance.AdminUi.Identity;

/// <summary>Tells the open pages of this replica what was stored of an operator, so that none outlives its session by more than a moment.</summary>
internal sealed class OperatorChanges
{
    /// <summary>An operator was stored.</summary>
    public event Action<Operator>? Stored;

    /// <summary>Tells it.</summary>
    /// <param name="user">The operator as stored.</param>
    public void Tell(Operator user) => Stored?.Invoke(user);
}
