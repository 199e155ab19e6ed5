import { SnowglobeError } from '@snowglobe/graph';
import { imageOf, resize } from '@snowglobe/media';
import { simulators, type World } from '@snowglobe/worlds';
import { playEpisode, type Episode } from './episode.js';
import { FramePicker } from './frame_picker.js';
import type { FrameReader, FrameSource } from './frame_source.js';
import type { FrameFormat, VideoFrame } from './video_reader.js';

/** What `snowglobe quantize --data platformer` plays. */
const CLIPS = 16;
const FRAMES = 100;
/** Changes whenever a simulator shows something else for the same seed. */
const VERSION = 2;

/** Sources that need no file: `platformer`, or with another seed than 0 `platformer:SEED`. */
export const simulatedNames = (): string => [...simulators.keys()].map((name) => `${name}:SEED`).join(', ');

/**
 * Clips of a simulated game, with the keys that were held, by its name.
 * @returns undefined where there is no game of that name
 * @throws SnowglobeError for a seed that is none
 */
export function simulatedSources(source: string): FrameSource[] | undefined {
  const [name, text = '0', ...rest] = source.split(':');
  const world = simulators.get(name!);
  if (!world || rest.length > 0) return undefined;
  const seed = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(seed)) {
    throw new SnowglobeError(
      `${source}: '${text}' is no seed; use an integer of up to six digits, such as ${name}:1.`,
    );
  }
  return Array.from({ length: CLIPS }, (_, clip): FrameSource => {
    const episode = playEpisode(world, { clip, seed, frames: FRAMES, policy: 'mixed' });
    const { actionNames, stateNames } = world;
    const states = { names: stateNames, rows: episode.states };
    return {
      path: `${source} ${episode.name}`,
      name: episode.name,
      logPath: `${source} ${episode.name}`,
      stamp: () => Promise.resolve(JSON.stringify([VERSION, name, episode.name, FRAMES])),
      keyLog: () => Promise.resolve({ actionNames, actions: Int16Array.from(episode.actions), states }),
      captions: () => {
        const views = episode.views.map(([frame, things, sentence]) => ({ frame, things, sentence }));
        const events = episode.events.map(([frame, sentence]) => ({ frame, sentence }));
        return Promise.resolve({ views, events, texts: [], frames: FRAMES });
      },
      open: () => Promise.resolve(new EpisodeReader(world, episode)),
    };
  });
}

/** Frames of a game, brought to the wanted rate and size as those of videos are. */
class EpisodeReader implements FrameReader {
  framesRead = 0;

  constructor(
    private readonly world: World<unknown>,
    private readonly episode: Episode,
  ) {}

  get fps(): number {
    return this.world.fps;
  }

  *frames({ width, height, fps }: FrameFormat): Generator<VideoFrame> {
    const { world } = this;
    const picker = new FramePicker(fps);
    const held = new Uint8Array(world.width * world.height * 3);
    function* shown(count: number, source: number): Generator<VideoFrame> {
      if (count === 0) return;
      const rgb = resize(imageOf(held, world.width, world.height), width, height).data as Uint8Array;
      for (let i = 0; i < count; i++) yield { rgb, source };
    }
    for (const picture of this.episode.pictures()) {
      yield* shown(picker.next(this.framesRead / world.fps), this.framesRead - 1);
      held.set(picture);
      this.framesRead++;
    }
    yield* shown(picker.end(), this.framesRead - 1);
  }

  close(): void {}
}
