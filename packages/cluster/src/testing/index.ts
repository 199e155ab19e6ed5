/** For tests of what keeps sessions in Redis. */
export type { RedisCommand, RedisProcess } from './redis.js';
export { findRedis, startRedis } from './redis.js';
