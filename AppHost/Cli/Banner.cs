using System.Text;
using System.Text.Json;

namespace GeminiBalance.Cli;

/// <summary>What a started system says of itself.</summary>
internal sealed record Announcement(
    string Version,
    Uri Gateway,
    Uri AdminUi,
    string? LoginPath,
    string AdminUser,
    string? AdminPassword,
    string AccessKey,
    Uri KeyHealth,
    Uri Stats,
    Uri? Simulator);

/// <summary>Shows an announcement to people and to programs.</summary>
internal static class Banner
{
    /// <summary>One line of JSON.</summary>
    public static string Json(Announcement a)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("gateway", Plain(a.Gateway));
            json.WriteString("adminUi", Plain(a.AdminUi));
            json.WriteString("adminUser", a.AdminUser);
            json.WriteString("adminPassword", a.AdminPassword);
            json.WriteString("accessKey", a.AccessKey);
            json.WriteString("keyHealth", Plain(a.KeyHealth));
            json.WriteString("stats", Plain(a.Stats));
            json.WriteString("simulator", a.Simulator is null ? null : Plain(a.Simulator));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The banner.</summary>
    /// <param name="a">What to show.</param>
    /// <param name="chinese">In Chinese instead of English.</param>
    /// <param name="stop">How it is stopped: <c>Ctrl+C</c> or a command.</param>
    public static string Text(Announcement a, bool chinese, string stop)
    {
        var demo = a.Simulator is not null;
        string T(string english, string translated) => chinese ? translated : english;
        var password = a.AdminPassword ?? T("as set (./gb password resets it)", "以已设置的为准（./gb password 可重置）");
        var text = new StringBuilder()
            .AppendLine()
            .AppendLine($"  GeminiBalance {a.Version}   {(demo ? T("demo: simulated Gemini", "演示模式：模拟的 Gemini") : T("connected to Google", "已连接 Google"))}")
            .AppendLine();
        if (a.LoginPath is not null)
        {
            text.AppendLine($"  {T("Admin UI     ", "管理界面     ")} {Plain(a.AdminUi)}{a.LoginPath}")
                .AppendLine($"                {T("one-time link, 10 minutes", "一次性链接，10 分钟内有效")}");
        }
        else
        {
            text.AppendLine($"  {T("Admin UI     ", "管理界面     ")} {Plain(a.AdminUi)}");
        }

        text.AppendLine($"                {T("user", "用户")} {a.AdminUser}   {T("password", "密码")}  {password}")
            .AppendLine($"  {T("Gateway      ", "网关         ")} {Plain(a.Gateway)}/v1   {T("OpenAI-compatible", "兼容 OpenAI")}")
            .AppendLine($"  {T("Access key   ", "访问密钥     ")} {a.AccessKey}")
            .AppendLine()
            .AppendLine($"  {T("Try it:", "试一试：")}")
            .AppendLine($"  curl {Plain(a.Gateway)}/v1/chat/completions \\")
            .AppendLine($"    -H \"Authorization: Bearer {a.AccessKey}\" -H \"Content-Type: application/json\" \\")
            .AppendLine($"    -d '{{\"model\":\"gemini-2.5-flash\",\"messages\":[{{\"role\":\"user\",\"content\":\"{T("Say hello", "打个招呼")}\"}}]}}'")
            .AppendLine()
            .AppendLine($"  {T("Use real keys: ./gb up, then ./gb keys import keys.txt, or Admin UI > Keys > Import.", "使用真实密钥：先运行 ./gb up，再运行 ./gb keys import keys.txt，或在管理界面的“密钥”页导入。")}")
            .AppendLine($"  {T($"Stop it: {stop}", $"停止：{stop}")}");
        return text.ToString();
    }

    private static string Plain(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
