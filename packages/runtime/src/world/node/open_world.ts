import { SnowglobeError } from '@snowglobe/graph';
import type { WorldConfig, WorldFile } from '@snowglobe/model';
import { decodeWorld, parseWorldConfig } from '@snowglobe/model';
import { MAX_WORLD_BYTES, findWorldFiles, readWorldFile } from '../../node/world_files.js';
import { World } from '../world.js';
import type { OpenExecutorOptions } from './open_executor.js';
import { openExecutor } from './open_executor.js';
import { worldFolders } from './world_folders.js';

/**
 * Opens a world for playing, on the best executor of this machine unless `options` name one.
 *
 * @param world a name that `snowglobe worlds` lists, the path of a `.safetensors` file, or its http(s) address
 * @throws SnowglobeError when there is no such world, it is damaged, or no executor can run it
 */
export async function openWorld(world: string, options: OpenExecutorOptions = {}): Promise<World> {
  const file = /^https?:\/\//.test(world)
    ? await download(world)
    : await readWorldFile(await findWorld(world), parseWorldConfig);
  return World.create(file, world, () => openExecutor(options));
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

async function download(address: string): Promise<WorldFile<WorldConfig>> {
  let bytes: Uint8Array;
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`);
    const length = Number(response.headers.get('content-length') ?? 0);
    if (length > MAX_WORLD_BYTES) throw new Error(`${length} bytes are too many`);
    bytes = await readAll(response);
  } catch (cause) {
    throw new SnowglobeError(
      `world: ${address} cannot be fetched (${(cause as Error).message}); check the address and the network.`,
      { cause },
    );
  }
  return decodeWorld(bytes, parseWorldConfig, address);
}

/** A body whose length nobody promised, up to the limit. */
async function readAll(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    size += read.value.length;
    if (size > MAX_WORLD_BYTES) throw new Error(`more than ${MAX_WORLD_BYTES} bytes came`);
    parts.push(read.value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
