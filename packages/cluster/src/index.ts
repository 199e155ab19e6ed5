export type { RedisAddress } from './connection.js';
export type { RedisStoreOptions } from './redis_store.js';
export { createRedisStore } from './redis_store.js';
