import { SnowglobeError } from '@snowglobe/graph';
import { decodeWorld } from '@snowglobe/model';
import { fileChecksum } from '../../checksum.js';
import { findWorldFiles, readWorldBytes } from '../../node/world_files.js';
import { frameTimeFiles } from '../../placing/node/frame_time_files.js';
import { fetchWorld } from '../fetch_world.js';
import { World } from '../world.js';
import type { OpenExecutorOptions } from './open_executor.js';
import { openExecutor, readExecutorOptions } from './open_executor.js';
import { findDevices } from './find_devices.js';
import { worldFolders } from './world_folders.js';

/** What a world is played on. */
export interface OpenWorldOptions extends OpenExecutorOptions {
  /**
   * Several devices at once, among which sessions are placed and moved, in place of `executor` and `device`. `auto` is the best GPU, and where there is none the CPU
   * as an engine a core, each in a thread of its own with the world's weights: for many players. `all` is every GPU and the CPU. A list has
   * `gpu` (every GPU), `software` (every adapter that computes on the CPU), `onnx`, `cores` (an engine a core), `onnx*2` (two engines, each with one of
   * `threads` by default), `reference`, and parts of adapters' names. Default: a single device, which is fastest for one player.
   */
  readonly devices?: 'all' | 'auto' | readonly string[] | undefined;
}

/**
 * Opens a world for playing, on the best executor of this machine unless `options` name one, or several.
 *
 * @param world a name that `snowglobe worlds` lists, the path of a `.safetensors` file, or its http(s) address
 * @throws SnowglobeError when there is no such world, it is damaged, or no executor can run it
 */
export async function openWorld(world: string, options: OpenWorldOptions = {}): Promise<World> {
  const { devices, ...rest } = options;
  readExecutorOptions(rest);
  const several = devices === undefined ? undefined : await findDevices(devices, rest);
  const path = /^https?:\/\//.test(world) ? undefined : await findWorld(world);
  const bytes = path === undefined ? await fetchWorld(world) : await readWorldBytes(path);
  const file = decodeWorld(bytes, path ?? world);
  const checksum = await fileChecksum(bytes);
  const single = devices === 'auto' && several?.length === 1 ? several[0]!.open : undefined;
  if (!several || single)
    return World.create(file, world, single ?? (() => openExecutor(rest)), { checksum });
  return World.create(file, world, several, { checksum, frameTimes: frameTimeFiles() });
}

/**
 * The path of a world given by name or path.
 * @throws SnowglobeError listing the worlds that there are
 */
export async function findWorld(world: string): Promise<string> {
  if (world.endsWith('.safetensors') || /[\\/]/.test(world)) return world;
  const known = (await Promise.all(worldFolders().map(findWorldFiles))).flat();
  const found = known.find(({ name }) => name === world);
  if (found) return found.path;
  const names = [...new Set(known.map(({ name }) => name))].join(', ');
  throw new SnowglobeError(
    `world: there is no '${world}' among ${names || 'no worlds at all'}; give one of them, or the path of a .safetensors file.`,
  );
}
