import type { Graph, TensorData, TensorSpec } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { allocate, bytesPerElement } from '@snowglobe/graph/internal';

/** Variables of this scope are what a session carries from frame to frame. */
export const playScope = 'play';

/** Name of the variable that every world keeps its last frame in: (B, H, W, 3) in −1 … 1; the prompt at the start. */
export const lastFrame = `${playScope}/frame`;

/** Whether a variable is carried from frame to frame. */
export const isPlayState = (name: string): boolean => name.startsWith(`${playScope}/`);

/** A variable of the state without its scope, as exported worlds call it. */
export const stateName = (variable: string): string => variable.slice(playScope.length + 1);

/**
 * The state of worlds that have just begun: zeros, but their first frames.
 * @param variables of a graph of frames; others than those of the state are left out
 * @param frames (B, H, W, 3) in −1 … 1
 */
export function freshState(
  variables: ReadonlyMap<string, TensorSpec>,
  frames: Float32Array,
): Map<string, TensorData> {
  const state = [...variables].filter(([name]) => isPlayState(name));
  return new Map(
    state.map(([name, { shape, dtype }]) => [
      name,
      name === lastFrame ? frames : allocate(dtype, sizeOf(shape)),
    ]),
  );
}

/** Bytes of the variables of a graph that are carried from frame to frame. */
export function stateBytesOf({ variables }: Pick<Graph, 'variables'>): number {
  return [...variables].reduce(
    (sum, [name, { shape }]) => sum + (isPlayState(name) ? sizeOf(shape) * bytesPerElement : 0),
    0,
  );
}
