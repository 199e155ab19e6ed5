import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { decodeImage } from '@snowglobe/media';
import type { Goal } from '../../catalog/about.js';
import type { LocatedWorld } from '../../catalog/node/locate.js';
import { locate } from '../../catalog/node/locate.js';
import type { OpenExecutorOptions } from '../../world/node/open_executor.js';
import { findWorld, openWorld } from '../../world/node/open_world.js';
import { World } from '../../world/world.js';
import type { WorldEnvOptions } from '../env_options.js';
import { WorldEnv } from '../world_env.js';

/** How environments of a world are made that is given by name or path. */
export interface OpenWorldEnvOptions extends Omit<WorldEnvOptions, 'goal'> {
  /** Something to reach, or the name of a goal in the file about the world. */
  readonly goal?: Goal | string | undefined;
  /** Where a world that is given by name or path runs; default: the best executor of this machine. */
  readonly device?: OpenExecutorOptions | undefined;
}

/**
 * Environments of a world for agents and planners, in the words of Gymnasium: see {@link WorldEnv}.
 *
 * @param world a world, which stays open when they are closed, or what `openWorld` opens, which is closed with them. Of a world on disk
 *   episodes begin with the pictures that lie beside it, unless `prompts` are given
 * @throws SnowglobeError for a world that cannot be opened, and options that make no sense in it
 */
export async function openWorldEnv(
  world: World | string,
  { goal, device, ...options }: OpenWorldEnvOptions = {},
): Promise<WorldEnv> {
  if (world instanceof World) return new WorldEnv(world, { ...options, goal: found(goal, undefined) });
  const located = /^https?:\/\//.test(world) ? undefined : await beside(await findWorld(world));
  const prompts = options.prompts ?? (await Promise.all((located?.prompts ?? []).map(readPicture)));
  const own = found(goal, located);
  const opened = await openWorld(world, device);
  try {
    return new WorldEnv(opened, { ...options, prompts, goal: own }, () => opened.close());
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const beside = (path: string): Promise<LocatedWorld> => locate(basename(path, '.safetensors'), path);

async function readPicture(path: string) {
  return decodeImage(await readFile(path), path);
}

/** @throws SnowglobeError for a name that no goal has */
function found(goal: Goal | string | undefined, world: LocatedWorld | undefined): Goal | undefined {
  if (typeof goal !== 'string') return goal;
  const goals = world?.entry.goals ?? [];
  const named = goals.find(({ name }) => name === goal);
  if (named) return named;
  const names = goals.map(({ name }) => `'${name}'`).join(', ');
  throw new SnowglobeError(
    `env: there is no goal '${goal}' among ${names || 'those of this world, of which no file tells any'}; name one of them, or give { name, cells, codes }.`,
  );
}
