using System.Collections.Concurrent;
using Microsoft.AspNetCore.Identity;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>How an attempt to sign in ended.</summary>
internal abstract record SignInOutcome
{
    private SignInOutcome()
    {
    }

    /// <summary>Signed in.</summary>
    /// <param name="HasGeneratedPassword">Whether the password is still the generated one.</param>
    public sealed record SignedIn(bool HasGeneratedPassword) : SignInOutcome;

    /// <summary>Name or password is wrong; which of them is not said.</summary>
    public sealed record Refused : SignInOutcome;

    /// <summary>Too many failures for this name.</summary>
    /// <param name="Until">When it may be tried again (UTC).</param>
    public sealed record Locked(DateTimeOffset Until) : SignInOutcome;
}

/// <summary>Signs operators in and out.</summary>
internal sealed partial class SignIn(
    OperatorManager operators,
    SignInManager<Operator> sessions,
    IdentityStore store,
    LoginLinks links,
    UnknownNames unknownNames,
    TimeProvider time,
    ILogger<SignIn> logger)
{
    /// <summary>The lock comes after five failures and two more changes: nobody is overtaken more often.</summary>
    private const int Attempts = 8;

    private static readonly string DecoyHash = new PasswordHasher<Operator>().HashPassword(new Operator(), PasswordGenerator.Generate());

    public async Task<SignInOutcome> WithPasswordAsync(string name, string password)
    {
        var user = await operators.FindByNameAsync(name);
        if (user is null)
        {
            // The same work and the same lock as for a known name, so that neither time nor answer tells which names exist.
            operators.PasswordHasher.VerifyHashedPassword(new Operator(), DecoyHash, password);
            LogRefused();
            return unknownNames.Fail(name) is { } until ? new SignInOutcome.Locked(until) : new SignInOutcome.Refused();
        }

        var result = await StoredAsync(
            user,
            () => sessions.PasswordSignInAsync(user, password, isPersistent: false, lockoutOnFailure: true),
            attempt => attempt.Succeeded || attempt.IsLockedOut);
        if (result.Succeeded)
        {
            return new SignInOutcome.SignedIn(user.HasGeneratedPassword);
        }

        LogRefused();
        return result.IsLockedOut ? new SignInOutcome.Locked(user.LockoutEnd ?? time.GetUtcNow()) : new SignInOutcome.Refused();
    }

    /// <returns>False when the link was used, is too old or never was.</returns>
    public async Task<bool> WithLinkAsync(string? token, CancellationToken cancellationToken)
    {
        if (await links.UseAsync(token, cancellationToken) is not { } id || await operators.FindByIdAsync(id) is not { } user)
        {
            return false;
        }

        await sessions.SignInAsync(user, isPersistent: false, "link");
        return true;
    }

    /// <summary>Ends this session and every other of the same operator: an open page elsewhere cannot be told apart from this one.</summary>
    public async Task SignOutAsync(HttpContext context)
    {
        if (await operators.GetUserAsync(context.User) is { } user)
        {
            await StoredAsync(user, () => operators.UpdateSecurityStampAsync(user), attempt => attempt.Succeeded);
        }

        await sessions.SignOutAsync();
    }

    /// <summary>
    /// Makes a change of an operator that is stored, whoever changes the same operator meanwhile. What another change overtakes is not: a right password
    /// is then refused, a wrong one is not counted, and other sessions go on.
    /// </summary>
    /// <param name="user">The operator; read again before each further attempt.</param>
    /// <param name="change">The change.</param>
    /// <param name="isDone">Whether an attempt needs no other, however it ended.</param>
    private async Task<T> StoredAsync<T>(Operator user, Func<Task<T>> change, Func<T, bool> isDone)
    {
        var result = await change();
        for (var attempt = 1; attempt < Attempts && !isDone(result) && await WasOvertakenAsync(user); attempt++)
        {
            result = await change();
        }

        return result;
    }

    /// <summary>Whether what is stored is not what this request has seen or written. Reads the operator again.</summary>
    private async Task<bool> WasOvertakenAsync(Operator user)
    {
        var mine = user.ConcurrencyStamp;
        await store.Entry(user).ReloadAsync();
        return user.ConcurrencyStamp != mine;
    }

    [LoggerMessage(1, LogLevel.Warning, "A sign-in was refused.")]
    private partial void LogRefused();
}

/// <summary>Counts failures for names nobody has, so that they lock like real ones. Kept in memory and bounded.</summary>
internal sealed class UnknownNames(TimeProvider time)
{
    private const int Limit = 10_000;
    private const int Allowed = 5;
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<string, (int Failures, int Locks, DateTimeOffset? Until)> names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Notes a failure.</summary>
    /// <returns>Until when the name is locked; null when it is not.</returns>
    public DateTimeOffset? Fail(string name)
    {
        if (names.Count >= Limit)
        {
            names.Clear();
        }

        var now = time.GetUtcNow();
        return names.AddOrUpdate(
            name.Length > 256 ? name[..256] : name,
            _ => (1, 0, null),
            (_, state) => state switch
            {
                { Until: { } until } when until > now => state,
                { Failures: Allowed - 1 } => (0, state.Locks + 1, now + OperatorManager.LockoutLength(Length, state.Locks)),
                _ => (state.Failures + 1, state.Locks, null),
            }).Until;
    }
}
