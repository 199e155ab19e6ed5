/** Walks of others: links and replay files, as the page plays them. */
import type { SnowGlobe } from '@snowglobe/element';
import type { LinkedReplay, PromptImage, PromptSource, Replay } from '@snowglobe/runtime/browser';
import { decodeReplay, decodeReplayLink, isReplayLink } from '@snowglobe/runtime/browser';
import type { Catalog, CatalogWorld } from '@snowglobe/runtime/internal/core';
import { siteUrl } from '../catalog/catalog.js';

/** A walk to do again in a world of the page. */
export interface Walk {
  readonly world: CatalogWorld;
  readonly linked: LinkedReplay;
}

/** Bytes of a replay file at most: far more than an hour of play takes. */
const largestFile = 16_000_000;

/** @returns undefined for an address that leads to no walk @throws Error in one sentence for a link that is not whole */
export function walkOfAddress(hash: string, catalog: Catalog): Walk | undefined {
  if (!isReplayLink(hash)) return undefined;
  const linked = decodeReplayLink(hash);
  return { world: worldNamed(linked.world, 'link', catalog), linked };
}

/** @throws Error in one sentence for what is no replay */
export async function walkOfFile(file: File, catalog: Catalog): Promise<Walk> {
  if (file.size > largestFile) {
    throw new Error(`'${file.name}' has ${file.size} bytes, too many for a replay; choose another file.`);
  }
  const replay = decodeReplay(new Uint8Array(await file.arrayBuffer()), `'${file.name}'`);
  const linked = { world: replay.world, replay: () => ({ replay, isExact: true }) };
  return { world: worldNamed(replay.world, 'replay', catalog), linked };
}

function worldNamed(name: string, what: string, { worlds }: Catalog): CatalogWorld {
  const world = worlds.find((each) => each.name === name);
  if (world) return world;
  const names = worlds.map((each) => each.name).join(', ');
  throw new Error(
    `The ${what} is of the world '${name.slice(0, 80)}', which is not among those of this page (${names}).`,
  );
}

/**
 * Does a walk again in the world that is open.
 * @returns what it began with, and a sentence where it may not be the same walk
 * @throws Error in one sentence where its first picture cannot be had
 */
export async function doAgain(
  { world, linked }: Walk,
  globe: SnowGlobe,
): Promise<{ readonly replay: Replay; readonly from: PromptSource | undefined; readonly doubt?: string }> {
  const { from } = linked;
  let isExact = true;
  if (from && 'picture' in from) {
    const picture = world.prompts.find(({ name }) => name === from.picture);
    if (!picture) {
      throw new Error(
        `The walk begins with the picture '${from.picture}', which ${world.name} does not have here.`,
      );
    }
    const { replay } = linked.replay();
    await globe.walk({ ...replay, prompt: siteUrl(picture.file) });
    ({ isExact } = linked.replay(globe.promptImage));
  } else {
    await globe.walk(linked.replay(from && (await drawingOf(from, globe))).replay);
    if (from) ({ isExact } = linked.replay(globe.promptImage));
  }
  const { replay } = linked.replay(globe.promptImage);
  const isSameWorld =
    replay.checksum === undefined || (globe.info?.checksum ?? '').startsWith(replay.checksum);
  const doubt = !isSameWorld
    ? `This walk was recorded in another version of ${world.name}: it may go elsewhere.`
    : isExact
      ? undefined
      : 'The first picture of this walk is another one here: it may go elsewhere.';
  return { replay, from, ...(doubt !== undefined && { doubt }) };
}

async function drawingOf(
  { text, seed, candidate }: Extract<PromptSource, { text: string }>,
  globe: SnowGlobe,
): Promise<PromptImage> {
  const { frames } = await globe.imagine(text, { seed });
  const frame = frames[candidate - 1];
  if (!frame)
    throw new Error(
      `The walk begins with drawing ${candidate} of '${text}', and there are ${frames.length}.`,
    );
  return { width: frame.width, height: frame.height, data: frame.rgba };
}
