import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import { writeFileAtomically, whyNot } from '@snowglobe/runtime/internal';

/** A picture for the run's page: the bytes of a PNG file. */
export interface Sample {
  /** What it shows: `test frames above, reconstructions below`. */
  readonly title: string;
  readonly png: Uint8Array;
}

const fileSchema = v.object({
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  samples: v.array(v.object({ title: v.string(), png: v.pipe(v.string(), v.base64()) })),
});

/** The samples that a stage saved last; PNG bytes in base64. */
export type SavedSamples = v.InferOutput<typeof fileSchema>;

const samplesPath = (folder: string, stage: string): string => join(folder, `${stage}.samples.json`);

/** Saves the samples of a stage in its run folder; those from before are replaced. */
export async function saveSamples(
  folder: string,
  stage: string,
  step: number,
  samples: readonly Sample[],
): Promise<void> {
  const file: SavedSamples = {
    step,
    samples: samples.map(({ title, png }) => ({ title, png: Buffer.from(png).toString('base64') })),
  };
  await writeFileAtomically(samplesPath(folder, stage), new TextEncoder().encode(JSON.stringify(file)));
}

/** @throws SnowglobeError when the file is damaged. */
export async function readSamples(folder: string, stage: string): Promise<SavedSamples | undefined> {
  const path = samplesPath(folder, stage);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SnowglobeError(`samples ${path} cannot be read, as ${whyNot(error)}.`);
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), fileSchema), text);
  if (parsed.success) return parsed.output;
  throw new SnowglobeError(
    `samples ${path} are damaged (${describeIssue(parsed.issues[0])}); delete the file, the next checkpoint writes it anew.`,
  );
}
