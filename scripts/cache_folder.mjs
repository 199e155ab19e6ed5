import { homedir } from 'node:os';
import { join } from 'node:path';

/** Snowglobe's cache folder, as `cacheFolder` of @snowglobe/runtime, which is not built yet where scripts run. */
export const cacheFolder =
  process.env.SNOWGLOBE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'snowglobe');
