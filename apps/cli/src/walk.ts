/** What a walk begins with and what is done in it, as options and replays say. */
import type { PromptImage, ToldSentence } from '@snowglobe/runtime';
import { InvalidArgumentError } from 'commander';
import type { SimulatedLevel } from './beside.js';
import { UsageError } from './command.js';
import { readInput } from './inputs.js';
import { parseScript } from './script.js';

export interface WalkOptions {
  readonly world?: string;
  readonly prompt?: string;
  readonly text?: string;
  readonly session?: string;
  readonly beside?: SimulatedLevel;
  readonly actions?: string;
  readonly tell?: readonly ToldSentence[];
  readonly replay?: string;
  readonly seed?: number;
  readonly temperature?: number;
  readonly confidenceThreshold?: number;
  readonly end?: 'restart' | 'continue';
}

/** What is to be sampled. */
export interface Walk {
  readonly world: string;
  /** Absent where a text says what is to be seen. */
  readonly prompt?: PromptImage;
  /** The file that the prompt was read from. */
  readonly promptFile?: Uint8Array;
  readonly text?: string;
  /** A saved session to go on from: its bytes, and the file in words. */
  readonly session?: { readonly bytes: Uint8Array; readonly source: string };
  /** The game that it begins as, and that is shown beside it. */
  readonly beside?: SimulatedLevel;
  readonly script: readonly (string | number)[];
  /** By default nothing. */
  readonly told?: readonly ToldSentence[] | undefined;
  readonly seed?: number | undefined;
  readonly temperature?: number | undefined;
  readonly confidenceThreshold?: number | undefined;
  /** Default: it begins anew. */
  readonly end?: 'restart' | 'continue' | undefined;
  /** Default: the world's own. */
  readonly fps?: number;
}

/** What the options say, and for what they leave open, the replay. @throws UsageError when neither says enough */
export async function walkOf(options: WalkOptions): Promise<Walk> {
  const { seed, temperature, confidenceThreshold, end } = options;
  const begins = (['prompt', 'text', 'beside', 'session'] as const).filter(
    (each) => options[each] !== undefined,
  );
  if (begins.length > 1) {
    throw new UsageError(`generate: --${begins.join(' and --')} were given; begin with one of them.`);
  }
  if (options.beside !== undefined && options.replay !== undefined) {
    throw new UsageError(
      'generate: --beside and --replay were given; give --world and --actions in place of the replay.',
    );
  }
  const fixed = Object.entries({
    replay: options.replay,
    seed,
    temperature,
    'confidence-threshold': confidenceThreshold,
    end,
  });
  const also =
    options.session === undefined ? undefined : fixed.find(([, value]) => value !== undefined)?.[0];
  if (also !== undefined) {
    throw new UsageError(
      `generate: --session and --${also} were given; a saved session goes on as it was begun.`,
    );
  }
  const { decodeImage, findContentMarks } = await import('@snowglobe/media');
  const readPicture = async (path: string): Promise<Pick<Walk, 'prompt' | 'promptFile'>> => {
    const bytes = await readInput(path, 'a PNG or JPEG');
    return { prompt: { ...decodeImage(bytes, path), marks: findContentMarks(bytes) }, promptFile: bytes };
  };
  if (options.replay !== undefined) {
    const { decodeReplay } = await import('@snowglobe/runtime');
    const content = await readInput(options.replay, 'a replay that the page saved');
    const replay = decodeReplay(content, options.replay);
    return {
      world: options.world ?? replay.world,
      ...(options.text === undefined
        ? options.prompt === undefined
          ? { prompt: replay.prompt }
          : await readPicture(options.prompt)
        : { text: options.text }),
      script: options.actions === undefined ? replay.actions : parseScript(options.actions),
      told: options.tell ?? replay.told,
      seed: seed ?? replay.seed,
      temperature: temperature ?? replay.temperature,
      confidenceThreshold: confidenceThreshold ?? replay.confidenceThreshold,
      end: end ?? replay.end,
      fps: replay.fps,
    };
  }
  const { world, prompt, text, beside, session } = options;
  // A sentence is worth a look without a step.
  const actions = options.actions ?? (text === undefined ? undefined : '');
  if (world === undefined || (prompt ?? text ?? beside ?? session) === undefined || actions === undefined) {
    const missing = Object.entries({ world, prompt: prompt ?? text ?? beside ?? session, actions }).filter(
      ([, value]) => value === undefined,
    );
    const names = missing.map(([name]) => `--${name}`).join(', ');
    throw new UsageError(`generate: ${names} is missing; give it, or a session with --replay.`);
  }
  const script = actions === '' ? [] : parseScript(actions);
  const beginning = async (): Promise<Partial<Walk>> => {
    if (beside) return { beside };
    if (session !== undefined) {
      return { session: { bytes: await readInput(session, 'a saved session'), source: session } };
    }
    return text === undefined ? readPicture(prompt!) : { text };
  };
  const first = await beginning();
  return { world, script, ...first, told: options.tell, seed, temperature, confidenceThreshold, end };
}

/** `FRAME:SENTENCE`, beside those that were given before. */
export function toldSentence(text: string, before: readonly ToldSentence[] = []): ToldSentence[] {
  const [, frame, sentence] = /^\s*(\d{1,9})\s*:\s*(\S.*)$/su.exec(text) ?? [];
  if (frame === undefined || sentence === undefined) {
    throw new InvalidArgumentError('It must be FRAME:SENTENCE, such as "12:night falls".');
  }
  return [...before, [Number(frame), sentence]];
}
