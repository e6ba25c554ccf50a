using System.Globalization;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Importing;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.Metadata;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>Import of many keys as a job.</summary>
internal static class ImportJobEndpoints
{
    private const int LargestBody = 64 << 20;
    private const int LargestPage = 1000;
    private const int LongestIdempotencyKey = 200;

    public static void MapImportJobs(this IEndpointRouteBuilder keys)
    {
        var jobs = keys.MapGroup("/import-jobs");
        jobs.MapPost("", StartAsync).WithMetadata(new SizeLimit());
        jobs.MapGet("", async (ImportStore imports, CancellationToken cancellation) => TypedResults.Ok(await imports.ListAsync(cancellation)));
        jobs.MapGet("/{id:guid}", FoundAsync);
        jobs.MapGet("/{id:guid}/lines", LinesAsync);
        jobs.MapPost("/{id:guid}/cancel", (Guid id, ImportStore imports, CancellationToken cancellation) =>
            MoveAsync(id, imports, ImportState.Cancelled, [ImportState.Waiting, ImportState.Running], cancellation));
        jobs.MapPost("/{id:guid}/resume", async (Guid id, ImportStore imports, ImportRunner runner, CancellationToken cancellation) =>
        {
            var answer = await MoveAsync(id, imports, ImportState.Waiting, [ImportState.Cancelled, ImportState.Failed], cancellation);
            runner.Set();
            return answer;
        });
        jobs.MapPost("/{id:guid}/undo", UndoAsync);
    }

    private static async Task<IResult> StartAsync(HttpContext context, ImportStore imports, ImportRunner runner, TimeProvider time, [AsParameters] TermsQuery query, CancellationToken cancellation)
    {
        if (query.Read(out var terms) is { } mistake)
        {
            return mistake;
        }

        var given = context.Request.Headers["Idempotency-Key"].ToString();
        if (given.Length > LongestIdempotencyKey)
        {
            return Bad("invalid_idempotency_key", $"The header Idempotency-Key must have at most {LongestIdempotencyKey} characters.");
        }

        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(cancellation);
        if (string.IsNullOrWhiteSpace(text))
        {
            return Bad("empty_import", "The text is empty: send one key per line, a table with a header, or JSON.");
        }

        var id = given.Length == 0 ? Guid.CreateVersion7(time.GetUtcNow()) : NamedIds.Of($"import\n{context.Actor()}\n{given}");
        var job = await imports.TakeInAsync(id, text, terms, context.Actor(), cancellation);
        runner.Set();
        return TypedResults.Accepted($"/keys/import-jobs/{id}", job);
    }

    private static async Task<IResult> LinesAsync(Guid id, ImportStore imports, CancellationToken cancellation, string? outcome = null, string? after = null, string? limit = null)
    {
        var (last, size) = (0, 100);
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > LargestPage))
        {
            return Bad("invalid_limit", $"The query's limit must be a number from 1 to {LargestPage}.");
        }

        if (!string.IsNullOrEmpty(after) && !int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out last))
        {
            return Bad("invalid_after", "The query's after must be the next of an earlier page.");
        }

        ImportOutcome? wanted = null;
        if (!string.IsNullOrEmpty(outcome))
        {
            if (!char.IsAsciiLetter(outcome[0]) || !Enum.TryParse<ImportOutcome>(outcome, ignoreCase: true, out var known))
            {
                return Bad("invalid_outcome", $"The query's outcome must be one of {string.Join(", ", Enum.GetNames<ImportOutcome>())}.");
            }

            wanted = known;
        }

        return await imports.FindAsync(id, cancellation) is null ? Missing() : TypedResults.Ok(await imports.LinesAsync(id, wanted, last, size, cancellation));
    }

    private static async Task<IResult> UndoAsync(Guid id, ImportStore imports, ImportRunner runner, HttpContext context, CancellationToken cancellation)
    {
        if (await imports.FindAsync(id, cancellation) is not { } job)
        {
            return Missing();
        }

        if (job.DryRun || job.State is ImportState.Waiting or ImportState.Running)
        {
            return Conflict(job);
        }

        await runner.UndoAsync(job, context.Actor(), cancellation);
        return await FoundAsync(id, imports, cancellation);
    }

    private static async Task<IResult> MoveAsync(Guid id, ImportStore imports, ImportState to, ImportState[] from, CancellationToken cancellation)
    {
        var moved = await imports.MoveAsync(id, to, from, null, cancellation);
        return await imports.FindAsync(id, cancellation) is not { } job ? Missing() : moved ? TypedResults.Ok(job) : Conflict(job);
    }

    private static async Task<IResult> FoundAsync(Guid id, ImportStore imports, CancellationToken cancellation) =>
        await imports.FindAsync(id, cancellation) is { } job ? TypedResults.Ok(job) : Missing();

    private static IResult Conflict(ImportJob job) =>
        ProblemResponses.Problem(StatusCodes.Status409Conflict, "wrong_state", $"The job is {(job.DryRun ? "a dry run and " : "")}{job.State}; this cannot be done with it.");

    private static IResult Missing() => ProblemResponses.Problem(StatusCodes.Status404NotFound, "import_not_found", "There is no import with this id.");

    private static IResult Bad(string code, string detail) => ProblemResponses.Problem(StatusCodes.Status400BadRequest, code, detail);

    /// <summary>What the query says about all keys of an import.</summary>
    private sealed record TermsQuery(string? DryRun = null, string? Disabled = null, string? LabelPrefix = null, string? Project = null, string? Tier = null, string? Tags = null)
    {
        /// <summary>Reads it.</summary>
        /// <returns>The refusal; null when all is well.</returns>
        public IResult? Read(out ImportTerms terms)
        {
            var (dryRun, disabled, tier) = (false, false, default(KeyTier));
            terms = new ImportTerms();
            if (DryRun is not null && !bool.TryParse(DryRun, out dryRun))
            {
                return Bad("invalid_dry_run", "The query's dryRun must be true or false.");
            }

            if (Disabled is not null && !bool.TryParse(Disabled, out disabled))
            {
                return Bad("invalid_disabled", "The query's disabled must be true or false.");
            }

            if (IsBadText(LabelPrefix) || IsBadText(Project))
            {
                return Bad(
                    IsBadText(Project) ? "invalid_project" : "invalid_label_prefix",
                    $"The query's labelPrefix and project must have at most {ImportFormats.LongestText} characters, and no control characters.");
            }

            if (!string.IsNullOrEmpty(Tier) && (!char.IsAsciiLetter(Tier[0]) || !Enum.TryParse(Tier, ignoreCase: true, out tier)))
            {
                return Bad("invalid_tier", "The query's tier must be Free or Paid.");
            }

            var tags = Tags?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToArray() ?? [];
            if (tags.Length > ImportFormats.MostTags || tags.Any(tag => tag.Length > ImportFormats.LongestTag || tag.Any(char.IsControl)))
            {
                return Bad("invalid_tags", $"At most {ImportFormats.MostTags} tags of at most {ImportFormats.LongestTag} characters are taken, separated by commas.");
            }

            terms = new ImportTerms(dryRun, disabled, Given(LabelPrefix), Given(Project)?.Trim(), string.IsNullOrEmpty(Tier) ? null : tier, tags);
            return null;
        }

        private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

        private static bool IsBadText(string? text) => text is not null && (text.Length > ImportFormats.LongestText || text.Any(char.IsControl));
    }

    private sealed class SizeLimit : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => LargestBody;
    }
}
