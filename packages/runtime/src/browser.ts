/** For pages and workers: the core, worlds over the network, and executors of a browser. */
export * from './core.js';
export type { FetchWorldOptions } from './world/fetch_world.js';
export { fetchWorld } from './world/fetch_world.js';
export type { BrowserExecutors, BrowserExecutorOptions, WebOnnxRuntime } from './browser/executors.js';
export { findExecutors } from './browser/executors.js';
export type { OpenWorldOptions } from './browser/open_world.js';
export { openWorld } from './browser/open_world.js';
export { tuningDatabase } from './tuning/browser/tuning_database.js';
