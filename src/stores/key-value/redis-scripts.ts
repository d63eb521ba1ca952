/**
 * Adds ARGV[1] to a counter, and replies with its digits and its PTTL, or with nil when it is none. ARGV[2] is the TTL
 * in milliseconds or empty, ARGV[3] is 1 when it is to begin anew. INCRBY alone would go on to 2^63.
 */
export const incrementScript: string = `
local max = 9007199254740991
local old = redis.call('GET', KEYS[1])
local current = 0
if old then
  if #old > 17 or not (old == '0' or string.match(old, '^%-?[1-9]%d*$')) then return false end
  current = tonumber(old)
end
local sum = current + tonumber(ARGV[1])
if math.abs(current) > max or math.abs(sum) > max then return false end
local digits = string.format('%.0f', sum)
if old and ARGV[3] == '0' then
  redis.call('INCRBY', KEYS[1], ARGV[1])
elseif ARGV[2] == '' then
  redis.call('SET', KEYS[1], digits)
else
  redis.call('SET', KEYS[1], digits, 'PX', ARGV[2])
end
return {digits, redis.call('PTTL', KEYS[1])}
`

/**
 * Writes ARGV[4] if the value is ARGV[2], and replies with 1 if it did. ARGV[1] is 0 when there must be none, ARGV[3]
 * is 0 when it is to be deleted, ARGV[5] is the TTL in milliseconds or empty.
 */
export const compareScript: string = `
local old = redis.call('GET', KEYS[1])
if ARGV[1] == '0' then
  if old then return 0 end
elseif old ~= ARGV[2] then
  return 0
end
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
elseif ARGV[5] == '' then
  redis.call('SET', KEYS[1], ARGV[4])
else
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
end
return 1
`
