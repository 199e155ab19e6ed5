/** What the files say of themselves that a world draws. */
import type { ContentLabel } from '@snowglobe/media';
import { InvalidArgumentError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { printableTexts } from './options.js';

export const { version } = manifest;

/** Who answers for a file, for commander. */
export const producerOption = (): Option =>
  new Option(
    '--producer <name>',
    'who the file says that it was made by (default: Snowglobe and its version)',
  ).argParser((text: string) => {
    const [name] = printableTexts(text);
    if (name!.trim() === '' || [...name!].length > 200) {
      throw new InvalidArgumentError('It must have 1 to 200 characters.');
    }
    return name!;
  });

/** A world by its name alone: where its file lies is nobody's business. */
export const worldName = (world: string): string =>
  (/^https?:/.test(world) ? world.split(/[?#]/)[0]! : world)
    .replace(/\.safetensors$/, '')
    .split(/[\\/]/)
    .at(-1)!;

/** The label of a picture that is no frame: what it shows, and which program wrote it. */
export async function plainLabel(description: string): Promise<ContentLabel> {
  const { plainText, softwareName } = await import('@snowglobe/media/internal');
  return { software: softwareName(version), description: plainText(description) };
}

/** The label of what a simulator draws: by rules alone, without anything that was learned. */
export async function simulationLabel(simulator: string, seed: number): Promise<ContentLabel> {
  return {
    ...(await plainLabel(`Recorded from the simulated game ${simulator}, seed ${seed}; no model drew it.`)),
    digitalSourceType: 'algorithmicMedia',
  };
}
