/**
 * What stores do in Redis, each as one step: no two places ever play one session, and nothing is written by one that lost it. Commands of
 * Redis 6 alone, which Valkey has too. KEYS: meta (hash), log (list), lease (string).
 */

/** Answers of `append`, `checkpoint`, `release` and `drop`. */
export const outcomes = { done: 1, fenced: 0, gone: -1 } as const;

const fence = `
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then return -1 end
if epoch ~= ARGV[1] then return 0 end
`;

/** ARGV: epoch. */
export const check = `${fence}
return 1`;

/** ARGV: epoch, node, lease ms, keep ms, operation. */
export const append = `${fence}
redis.call('RPUSH', KEYS[2], ARGV[5])
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1`;

/** ARGV: epoch, node, lease ms, keep ms, token hash, operations, saved, log … Creates what is not there. */
export const checkpoint = `
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and epoch ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'token', ARGV[5], 'operations', ARGV[6], 'saved', ARGV[7])
redis.call('DEL', KEYS[2])
for i = 8, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1`;

/**
 * ARGV: node, lease ms, keep ms, token hash, answered operations.
 * Answers: {-1}, where nothing is kept for that token; {0, ms} while another node has it; {2, from, to} where so many operations are not known;
 * {1, epoch, operations, saved, log …}.
 */
export const acquire = `
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'token', 'operations', 'saved')
if not meta[1] or meta[2] ~= ARGV[4] then return {-1} end
local owner = redis.call('GET', KEYS[3])
if owner and owner ~= ARGV[1] then return {0, redis.call('PTTL', KEYS[3])} end
local left = tonumber(ARGV[5]) - tonumber(meta[3])
local length = redis.call('LLEN', KEYS[2])
if left < 0 or left > length then return {2, tonumber(meta[3]), tonumber(meta[3]) + length} end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
if left == 0 then redis.call('DEL', KEYS[2]) else redis.call('LTRIM', KEYS[2], 0, left - 1) end
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local answer = {1, epoch, tonumber(meta[3]), meta[4]}
for _, each in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do answer[#answer + 1] = each end
return answer`;

/** ARGV: epoch, keep ms. */
export const release = `${fence}
redis.call('DEL', KEYS[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1`;

/** ARGV: epoch. */
export const drop = `${fence}
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
return 1`;
