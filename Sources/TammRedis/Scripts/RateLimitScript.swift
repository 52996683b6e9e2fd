/// The scripts that the server runs, each as one step, by its own clock.
///
/// Lua counts in doubles, which are exact below 2⁵³. So a moment is a pair of seconds and nanoseconds, windows are counted
/// in microseconds, and a share of a count is divided six bits at a time.
enum RedisScript {
    /// The time: the server's, or the one that is given.
    private static let clock = """
        local s, us
        if ARGV[2] == '' then
          local t = redis.call('TIME')
          s, us = tonumber(t[1]), tonumber(t[2])
        else
          local t = tonumber(ARGV[2])
          s = math.floor(t / 1000000)
          us = t - s * 1000000
        end
        local now = s * 1000000 + us
        """

    /// KEYS[1]: the states of a subject under a policy, three doubles for each quota.
    /// ARGV: `c` to charge, `p` to look or `r` to give back; the time in microseconds or nothing; how many milliseconds
    /// longer than needed the key is kept; then five for each quota:
    /// - `g`, cost in seconds and nanoseconds, tolerance likewise: the state is the theoretical arrival time;
    /// - `f` or `s`, length of a window in microseconds, limit, cost, the window of the charge: the state is a window and
    ///   its count, and for `s` the count of the one before it.
    ///
    /// Answers in bytes: three doubles, whether it is admitted and the time, and the states before.
    static let decide =
        clock + """

            local ns = us * 1000
            local quotas = (#ARGV - 3) / 5
            local mode = ARGV[1]
            local kept = redis.call('GET', KEYS[1]) or ''
            if kept ~= '' and #kept ~= 24 * quotas then
              return redis.error_reply('TAMMSTATE ' .. #kept .. ' bytes for ' .. quotas .. ' quotas')
            end
            local function share(count, rest, length)
              local quotient, remainder = 0, 0
              for shift = 24, 0, -6 do
                local sum = remainder * 64 + math.floor(count / 2 ^ shift) % 64 * rest
                local digit = math.floor(sum / length)
                quotient, remainder = quotient * 64 + digit, sum - digit * length
              end
              return quotient
            end
            local after, admitted, last = {}, 1, 0
            for i = 0, quotas - 1 do
              local at = 4 + 5 * i
              local kind = ARGV[at]
              local a, b = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
              local c, d = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
              local x, y, z = 0, 0, 0
              if kept ~= '' then x, y, z = struct.unpack('<ddd', kept, 24 * i + 1) end
              local ttl
              if kind == 'g' then
                if mode == 'r' then
                  x, y = x - a, y - b
                  if y < 0 then x, y = x - 1, y + 1000000000 end
                  if x < s or x == s and y <= ns then x, y = 0, 0 end
                else
                  if x < s or x == s and y < ns then x, y = s, ns end
                  x, y = x + a, y + b
                  if y >= 1000000000 then x, y = x + 1, y - 1000000000 end
                  local p, q = x - c, y - d
                  if q < 0 then p, q = p - 1, q + 1000000000 end
                  if p > s or p == s and q > ns then admitted = 0 end
                end
                ttl = (x - s) * 1000 + (y - ns) / 1000000
              else
                if mode == 'r' then
                  if x == d then
                    y = math.max(0, y - c)
                  elseif kind == 's' and x == d + 1 then
                    z = math.max(0, z - c)
                  end
                else
                  local window = math.floor(now / a)
                  if kept == '' or window > x then
                    z = 0
                    if kind == 's' and kept ~= '' and window == x + 1 then z = y end
                    x, y = window, 0
                  end
                  local used = y
                  if kind == 's' then used = used + share(z, a - math.max(0, now - x * a), a) end
                  if c > math.max(0, b - used) then admitted = 0 end
                  y = y + c
                end
                ttl = ((x + (kind == 's' and 2 or 1)) * a - now) / 1000
              end
              last = math.max(last, ttl)
              after[i + 1] = struct.pack('<ddd', x, y, z)
            end
            if admitted == 1 and (mode == 'c' or mode == 'r' and kept ~= '') then
              local px = string.format('%.0f', math.ceil(last) + tonumber(ARGV[3]))
              redis.call('SET', KEYS[1], table.concat(after), 'PX', px)
            end
            return struct.pack('<ddd', admitted, s, us) .. kept
            """

    /// KEYS[1]: the leases of a subject, by their ends in microseconds.
    /// ARGV: `a` to acquire or `r` to release; time and milliseconds as above; the lease; how many there may be; how long
    /// one lasts, in microseconds.
    ///
    /// Answers in bytes: four doubles, whether it has the lease, the time, and when it ends or else the first does.
    static let lease =
        clock + """

            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
            if ARGV[1] == 'r' then
              redis.call('ZREM', KEYS[1], ARGV[4])
              return struct.pack('<dddd', 1, s, us, 0)
            end
            local held = redis.call('ZSCORE', KEYS[1], ARGV[4])
            if not held and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[5]) then
              local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
              return struct.pack('<dddd', 0, s, us, tonumber(first))
            end
            local expiry = now + tonumber(ARGV[6])
            if held then expiry = math.max(expiry, tonumber(held)) end
            redis.call('ZADD', KEYS[1], string.format('%.0f', expiry), ARGV[4])
            redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil((expiry - now) / 1000) + tonumber(ARGV[3])))
            return struct.pack('<dddd', 1, s, us, expiry)
            """
}
