using System.ComponentModel.DataAnnotations;
using GeminiBalance.ServiceDefaults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Settings of section <c>Identity</c>.</summary>
internal sealed class FirstOperatorOptions
{
    /// <summary>Shortest password an operator may have.</summary>
    public const int MinimumPasswordLength = 12;

    /// <summary>Password of the first operator, used once, when there is no operator yet. Absent: one is generated.</summary>
    [MinLength(MinimumPasswordLength, ErrorMessage = "Identity:FirstPassword is too short: at least 12 characters are needed.")]
    public string? FirstPassword { get; set; }

    /// <summary>Folder the generated password is written to when <see cref="FirstPassword"/> is absent. Absent: the user's folder for application data.</summary>
    public string? FirstPasswordFolder { get; set; }
}

/// <summary>Creates the first operator at the first start. There is never a default password.</summary>
internal sealed partial class FirstOperator(IServiceScopeFactory scopes, IOptions<FirstOperatorOptions> options, ILogger<FirstOperator> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var scope = scopes.CreateScope();
        var operators = scope.ServiceProvider.GetRequiredService<OperatorManager>();
        try
        {
            if (await operators.Users.AnyAsync(cancellationToken))
            {
                return;
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new StartupException("the database has no tables for operators yet: run this program once with the argument migrate.");
        }

        var password = options.Value.FirstPassword ?? PasswordGenerator.Generate();
        var result = await CreateAsync(operators, password);
        if (result.Succeeded && options.Value.FirstPassword is null)
        {
            LogPasswordFile(await WritePasswordAsync(password, cancellationToken));
        }
        else if (!result.Succeeded && !await operators.Users.AnyAsync(cancellationToken))
        {
            throw new StartupException($"Identity:FirstPassword was refused: {string.Join(' ', result.Errors.Select(error => error.Description))}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task<IdentityResult> CreateAsync(OperatorManager operators, string password)
    {
        try
        {
            return await operators.CreateAsync(new Operator { UserName = Operator.First, HasGeneratedPassword = true }, password);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another replica that started at the same moment was first.
            return IdentityResult.Failed();
        }
    }

    private async Task<string> WritePasswordAsync(string password, CancellationToken cancellationToken)
    {
        var folder = options.Value.FirstPasswordFolder
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "geminibalance");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "first-password");
        File.Delete(path);
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(path, file);
        await using var writer = new StreamWriter(stream);
        await writer.WriteLineAsync(password.AsMemory(), cancellationToken);
        return path;
    }

    [LoggerMessage(1, LogLevel.Warning, "The first operator is 'admin'. Its password was generated and written to {Path}; sign in, change it, and delete the file.")]
    private partial void LogPasswordFile(string path);
}
