import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Folder for files that can be made again: `SNOWGLOBE_CACHE` when set, else `snowglobe` in the place where the
 * operating system keeps caches. It is not created here.
 */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  const own = environment['SNOWGLOBE_CACHE'];
  if (own) return own;
  switch (platform) {
    case 'win32':
      return join(environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'snowglobe', 'Cache');
    case 'darwin':
      return join(home, 'Library', 'Caches', 'snowglobe');
    default:
      return join(environment['XDG_CACHE_HOME'] || join(home, '.cache'), 'snowglobe');
  }
}
