/** A replay as a part of an address: short, and whole or refused. */
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue, fnv1a } from '@snowglobe/graph/internal';
import { encodePng, imageOf, toRgb } from '@snowglobe/media';
import { packText, unpackText } from '@snowglobe/media/internal';
import { fromBase64, toBase64 } from '@snowglobe/model/internal';
import * as v from 'valibot';
import { jsonIn } from '../json_in.js';
import { mostCandidates } from '../world/imagine.js';
import type { PromptImage } from '../world/prompt.js';
import type { Replay } from './replay.js';
import { decodeReplay, encodeReplay } from './replay.js';

/** A first frame that need not travel: a picture that the world brings, or one of those that a sentence is drawn as. */
export type PromptSource =
  | { readonly picture: string }
  | {
      readonly text: string;
      /** Of the drawing, not of the walk. */
      readonly seed: number;
      /** Which of the drawings, from 1. */
      readonly candidate: number;
    };

/** A replay that came as a link. */
export interface LinkedReplay {
  /** Name of the world. */
  readonly world: string;
  /** Where the first frame is to be taken from; absent where it came along. */
  readonly from?: PromptSource | undefined;
  /**
   * The replay itself.
   * @param prompt what `from` led to
   * @returns it, and whether it begins with the very picture that it was recorded from
   */
  replay(prompt?: PromptImage): { readonly replay: Replay; readonly isExact: boolean };
}

/** What a link begins with, and the version of what follows. */
const [key, version] = ['walk', '1'];
/** Characters of a link at most: mail and chats cut longer ones. */
const longestLink = 8000;
/** Bytes of the JSON inside at most. */
const largestText = 1_000_000;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(400));
const integer = v.pipe(v.number(), v.safeInteger());
const source = v.union(
  [
    v.strictObject({ picture: name }),
    v.strictObject({
      text: name,
      seed: integer,
      candidate: v.pipe(integer, v.minValue(1), v.maxValue(mostCandidates)),
    }),
  ],
  'must name a picture or a text',
);
const linkSchema = v.looseObject({ world: name, from: v.optional(source), sum: integer });

/** Whether the fragment of an address is a link to a walk, whole or not. */
export const isReplayLink = (fragment: string): boolean => fragment.replace(/^#/, '').startsWith(`${key}=`);

/**
 * The fragment of an address that leads to a walk: the replay file, compressed, with a checksum. Where `from` says what the first frame
 * is, the picture stays out of it.
 * @returns it without the `#`
 * @throws SnowglobeError where it would be too long to be passed on
 */
export function encodeReplayLink(replay: Replay, from?: PromptSource): string {
  const {
    prompt,
    format: _,
    version: __,
    ...rest
  } = JSON.parse(encodeReplay(replay)) as Record<string, unknown>;
  const text = JSON.stringify({
    ...rest,
    ...(from ? { from } : { prompt }),
    sum: pictureSum(replay.prompt),
  });
  const packed = toBase64Url(packText(text));
  const link = `${key}=${version}.${checksum(packed)}.${packed}`;
  if (link.length > longestLink) {
    throw new SnowglobeError(
      `link: it would have ${link.length} characters, and more than ${longestLink} get lost on the way; save the replay as a file, or begin with a picture of the world.`,
    );
  }
  return link;
}

/**
 * Reads the fragment of an address.
 * @throws SnowglobeError in one sentence for what was cut off, edited, or made by another version
 */
export function decodeReplayLink(fragment: string): LinkedReplay {
  const link = fragment.replace(/^#/, '');
  const [, number, sum, packed] =
    /^walk=(\d{1,6})\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)$/.exec(link.slice(0, longestLink + 1)) ?? [];
  if (number !== undefined && number !== version) {
    throw new SnowglobeError(
      `link: it is of version ${number}, and this page reads version ${version}; open it in the page that it came from.`,
    );
  }
  const isWhole = packed !== undefined && link.length <= longestLink && checksum(packed) === sum;
  const text = isWhole ? unpackText(fromBase64Url(packed), largestText) : undefined;
  if (text === undefined) {
    throw new SnowglobeError('link: it was cut off or changed on the way; copy all of it again.');
  }
  const value = jsonIn(text);
  const parsed = v.safeParse(linkSchema, value);
  if (!parsed.success) throw new SnowglobeError(`link: ${describeIssue(parsed.issues[0])}; copy it again.`);
  const { from, sum: wanted, ...rest } = parsed.output;
  const file = { format: 'snowglobe-replay', version: 1, ...rest };
  const replayOf = (prompt: unknown): Replay => decodeReplay(JSON.stringify({ ...file, prompt }), 'the link');
  // All of it is checked now, before anyone looks for the picture.
  const own = replayOf(from ? base64Of({ width: 1, height: 1, data: new Uint8Array(3) }) : rest['prompt']);
  return {
    world: own.world,
    from,
    replay(prompt) {
      const replay = { ...own, prompt: from && prompt ? prompt : own.prompt };
      return { replay, isExact: pictureSum(replay.prompt) === wanted };
    },
  };
}

/** Tells one picture from another, whether it has an alpha channel or not. */
const pictureSum = ({ width, height, data }: PromptImage): number =>
  fnv1a(toRgb(imageOf(data, width, height)).data) ^ width;

const checksum = (text: string): string =>
  (fnv1a(new TextEncoder().encode(text)) >>> 0).toString(16).padStart(8, '0');

const base64Of = ({ width, height, data }: PromptImage): string =>
  toBase64(encodePng(imageOf(data, width, height)));

const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const fromBase64Url = (text: string): Uint8Array =>
  fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
