namespace GeminiBalance.Contracts;

/// <summary>A page of requests, newest first.</summary>
/// <param name="Items">The requests.</param>
/// <param name="Next">Give it as <c>after</c> for the next page; null on the last.</param>
public sealed record RequestPage(IReadOnlyList<RequestFact> Items, Guid? Next);

/// <summary>All that is known of one request.</summary>
/// <param name="Fact">What became of it: its attempts in order, and why its key was chosen.</param>
/// <param name="CostUsd">The price of its tokens; null when no price is known.</param>
/// <param name="Batch">The batch its proxy sent it in.</param>
/// <param name="StoredAt">When it was stored (UTC).</param>
public sealed record RequestStory(RequestFact Fact, double? CostUsd, Guid Batch, DateTimeOffset StoredAt);
