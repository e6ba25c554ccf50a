using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Operators whose lockouts grow: every lock since the last success lasts twice as long as the one before, up to a day.</summary>
internal sealed class OperatorManager(
    IUserStore<Operator> store,
    IOptions<IdentityOptions> options,
    IPasswordHasher<Operator> hasher,
    IEnumerable<IUserValidator<Operator>> userValidators,
    IEnumerable<IPasswordValidator<Operator>> passwordValidators,
    ILookupNormalizer normalizer,
    IdentityErrorDescriber errors,
    IServiceProvider services,
    TimeProvider time,
    OperatorChanges changes,
    ILogger<OperatorManager> logger)
    : UserManager<Operator>(store, options, hasher, userValidators, passwordValidators, normalizer, errors, services, logger)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>How long the lock after <paramref name="earlier"/> earlier ones lasts.</summary>
    /// <param name="first">Length of the first lock.</param>
    /// <param name="earlier">How many locks went before.</param>
    public static TimeSpan LockoutLength(TimeSpan first, int earlier) =>
        TimeSpan.FromTicks(Math.Min(Longest.Ticks, first.Ticks << Math.Min(earlier, 10)));

    /// <inheritdoc />
    public override async Task<IdentityResult> AccessFailedAsync(Operator user)
    {
        var result = await base.AccessFailedAsync(user);
        if (!result.Succeeded || !await IsLockedOutAsync(user))
        {
            return result;
        }

        var length = LockoutLength(Options.Lockout.DefaultLockoutTimeSpan, user.Lockouts);
        user.Lockouts++;
        return await SetLockoutEndDateAsync(user, time.GetUtcNow() + length);
    }

    /// <inheritdoc />
    public override Task<IdentityResult> ResetAccessFailedCountAsync(Operator user)
    {
        if (user.Lockouts == 0)
        {
            return base.ResetAccessFailedCountAsync(user);
        }

        user.Lockouts = 0;
        user.AccessFailedCount = 0;
        return UpdateAsync(user);
    }

    /// <inheritdoc />
    protected override async Task<IdentityResult> UpdateUserAsync(Operator user)
    {
        var result = await base.UpdateUserAsync(user);
        if (result.Succeeded)
        {
            changes.Tell(user);
        }

        return result;
    }
}
