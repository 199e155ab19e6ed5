import type { Frame, PromptImage, SavedSession, Session, World } from '@snowglobe/runtime';
import type { Walk } from './walk.js';

/** A session that goes on from a picture, or from where it was saved. */
export interface BegunWalk extends Pick<Session, 'codes' | 'sampling' | 'step'> {
  readonly first: Frame;
  saved(): Promise<SavedSession>;
}

/**
 * @param prompt where no saved session is given
 * @throws SnowglobeError for what is no session of this world
 */
export async function beginWalk(
  world: World,
  walk: Walk,
  prompt: PromptImage | undefined,
): Promise<BegunWalk> {
  const { session: file, seed, temperature, confidenceThreshold, end } = walk;
  if (file) {
    const { decodeSession, restoreSession } = await import('@snowglobe/runtime');
    const { timeline, frame } = await restoreSession(world, await decodeSession(file.bytes, file.source));
    return {
      ...{ first: frame, sampling: timeline.sampling },
      codes: () => timeline.codes(),
      step: (action, options) => timeline.step(action, options),
      saved: () => timeline.saved(),
    };
  }
  const session = await world.start({
    prompt: prompt!,
    ...(seed !== undefined && { seed }),
    ...(temperature !== undefined && { temperature }),
    ...(confidenceThreshold !== undefined && { confidenceThreshold }),
    ...(end !== undefined && { end }),
  });
  return {
    ...{ first: session.first, sampling: session.sampling },
    codes: () => session.codes(),
    step: (action, options) => session.step(action, options),
    saved: async () => ({ snapshot: await session.snapshot(), steps: [] }),
  };
}
