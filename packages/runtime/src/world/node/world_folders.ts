import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Where worlds are looked for by name, in this order: the user's own, then those that come with the program. A name
 * that is in both means the user's.
 */
export function worldFolders(): string[] {
  // Found through the package's own name: source and bundle lie at different depths.
  const manifest = createRequire(import.meta.url).resolve('@snowglobe/runtime/package.json');
  return [userWorldFolder(), join(dirname(manifest), 'worlds')];
}

/**
 * `SNOWGLOBE_WORLDS` when set, else `snowglobe/worlds` in the place where the operating system keeps a user's data.
 */
function userWorldFolder(): string {
  const { SNOWGLOBE_WORLDS: own, APPDATA: windows, XDG_DATA_HOME: xdg } = process.env;
  if (own) return own;
  const home = homedir();
  switch (process.platform) {
    case 'win32':
      return join(windows || join(home, 'AppData', 'Roaming'), 'snowglobe', 'worlds');
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'snowglobe', 'worlds');
    default:
      return join(xdg || join(home, '.local', 'share'), 'snowglobe', 'worlds');
  }
}
