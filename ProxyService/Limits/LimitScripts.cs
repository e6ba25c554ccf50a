using System.Security.Cryptography;
using System.Text;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>
/// The accounts in Redis. Minutes are token buckets that hold a minute's worth and fill up all the time; days and months are those of the calendar in UTC, by
/// Redis' clock. One hash by access key holds them (<c>rb rt tb tt</c> levels and times of the buckets that are limited, <c>d dr dk dc m mk mc</c> day and month with requests,
/// tokens and cost, <c>c</c> when it was made), one sorted set the requests at the same time by the ends of their leases.
/// </summary>
internal static class LimitScripts
{
    /// <summary>How long a lease holds unless it is renewed: a replica that died holds its places no longer.</summary>
    public const long LeaseMs = 180_000;

    private const string Clock =
        """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local day = math.floor(now / 86400000)
        -- The month of a day since 1970, counted from year 0 (Howard Hinnant's civil_from_days).
        local z = day + 719468
        local era = math.floor(z / 146097)
        local doe = z - era * 146097
        local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
        local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
        local mp = math.floor((5 * doy + 2) / 153)
        local month = (yoe + era * 400) * 12 + mp
        local function n(v) return tonumber(v) or 0 end

        """;

    /// <summary>
    /// Reserves for requests that ask, and takes note of what was let in and used already; in the order they stand in. KEYS: a hash and a set for each; ARGV: one
    /// packed demand or news for each, as <see cref="PackedLimits"/> writes it. Returns a packed verdict for each.
    /// </summary>
    public const string Accounts = Clock +
        """
        local midnight = (day + 1) * 86400000 - now
        -- Months from March on; a February is that of the next year.
        local year = yoe + era * 400 + 1
        local inmonth = {31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0) and 29 or 28}
        local dom = doy - math.floor((153 * mp + 2) / 5) + 1
        local nextmonth = midnight + (inmonth[mp + 1] - dom) * 86400000
        local function level(l, at, cap)
          local known = tonumber(l)
          -- A limit that is new begins with a full bucket; a clock that was set back empties none.
          if not known then return cap end
          return math.min(cap, known + math.max(0, now - n(at)) * cap / 60000)
        end
        local function visit(hash, set, packed)
          local rpm, tpm, rpd, tpd, tpmo, cpd, cpmo, conc, requests, tokens, cost, told, leasems, kc, kd, kdr, kdk, kdc, km, kmk, kmc, ad, adr, adk, adc, am, amk, amc, taken, given, at =
            struct.unpack('<' .. string.rep('i8', 30), packed)
          local function lease(i) return string.sub(packed, at + (i - 1) * 32, at + i * 32 - 1) end
          local h = redis.call('HMGET', hash, 'rb', 'rt', 'tb', 'tt', 'd', 'dr', 'dk', 'dc', 'm', 'mk', 'mc', 'c')
          local rl, tl = level(h[1], h[2], rpm), level(h[3], h[4], tpm)
          local dr, dk, dc, mk, mc = n(h[6]), n(h[7]), n(h[8]), n(h[10]), n(h[11])
          if n(h[5]) ~= day then dr, dk, dc = 0, 0, 0 end
          if n(h[9]) ~= month then mk, mc = 0, 0 end
          -- Redis may have lost its memory: whoever knows another account than this one says what was spent of it, once.
          local c = n(h[12])
          if c == 0 then c = now end
          if kc ~= c then
            if kd == day then dr, dk, dc = math.max(dr, kdr), math.max(dk, kdk), math.max(dc, kdc) end
            if km == month then mk, mc = math.max(mk, kmk), math.max(mc, kmc) end
            redis.call('HSET', hash, 'c', c, 'd', day, 'dr', dr, 'dk', dk, 'dc', dc, 'm', month, 'mk', mk, 'mc', mc)
            redis.call('PEXPIRE', hash, 3024000000)
          end
          -- What was let in while Redis was away: it counts for days and months, not for the minutes that have passed.
          if ad == day then dr, dk, dc = dr + adr, math.max(0, dk + adk), math.max(0, dc + adc) end
          if am == month then mk, mc = math.max(0, mk + amk), math.max(0, mc + amc) end
          for i = taken + 1, taken + given do redis.call('ZREM', set, lease(i)) end
          local held = 0
          if conc > 0 then
            redis.call('ZREMRANGEBYSCORE', set, '-inf', now)
            held = redis.call('ZCARD', set)
          end
          local function verdict(kind, retry)
            local r, rms, t, tms = -1, 0, -1, 0
            if rpm > 0 then r, rms = math.max(0, math.floor(rl)), math.ceil((rpm - rl) * 60000 / rpm) end
            if tpm > 0 then t, tms = math.max(0, math.floor(tl)), math.ceil((tpm - tl) * 60000 / tpm) end
            return struct.pack('<i8i8i8i8i8i8i8i8i8i8i8i8i8i8i8', kind, math.ceil(retry), r, rms, t, tms, c, day, dr, dk, dc, month, mk, mc, held)
          end
          if told == 0 then
            if conc > 0 and held >= conc then return verdict(8, 1000) end
            if rpd > 0 and dr + 1 > rpd then return verdict(3, midnight) end
            if tpd > 0 and dk >= tpd then return verdict(4, midnight) end
            if tpmo > 0 and mk >= tpmo then return verdict(5, nextmonth) end
            if cpd > 0 and dc >= cpd then return verdict(6, midnight) end
            if cpmo > 0 and mc >= cpmo then return verdict(7, nextmonth) end
            if rpm > 0 and rl < 1 then return verdict(1, (1 - rl) * 60000 / rpm) end
            local want = math.min(tokens, tpm)
            if tpm > 0 and tl < want then return verdict(2, (want - tl) * 60000 / tpm) end
          end
          rl, tl, dr = rpm > 0 and rl - requests or '', tpm > 0 and math.min(tpm, tl - tokens) or '', dr + requests
          dk, dc, mk, mc = math.max(0, dk + tokens), math.max(0, dc + cost), math.max(0, mk + tokens), math.max(0, mc + cost)
          redis.call('HSET', hash, 'rb', rl, 'rt', now, 'tb', tl, 'tt', now, 'd', day, 'dr', dr, 'dk', dk, 'dc', dc, 'm', month, 'mk', mk, 'mc', mc)
          redis.call('PEXPIRE', hash, 3024000000)
          for i = 1, taken do redis.call('ZADD', set, now + leasems, lease(i)) end
          if taken > 0 then redis.call('PEXPIRE', set, 2 * leasems) end
          return verdict(0, 0)
        end
        local verdicts = {}
        for i, packed in ipairs(ARGV) do verdicts[i] = visit(KEYS[2 * i - 1], KEYS[2 * i], packed) end
        return table.concat(verdicts)
        """;

    /// <summary>The name under which Redis keeps <see cref="Accounts"/> once it has run: the bytes of its SHA-1.</summary>
    public static readonly byte[] AccountsName = SHA1.HashData(Encoding.UTF8.GetBytes(Accounts));

    /// <summary>Renews the leases of ARGV[2…] until Redis' now plus ARGV[1], those that still hold. KEYS: set.</summary>
    public const string Renew =
        """
        local t = redis.call('TIME')
        local ends = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[1])
        for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', ends, ARGV[i]) end
        redis.call('PEXPIRE', KEYS[1], 2 * tonumber(ARGV[1]))
        return 0
        """;
}
