import type { DType, Graph, TensorData, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { dtypeOf, formatShape } from '@snowglobe/graph/internal';
import type { KvCacheBits, WorldModel } from '@snowglobe/model';
import { isPlayState, lastFrame } from '@snowglobe/model/internal';

/** Numbers, codes, or packed words of a KV cache of few bits. */
export type StateValues = TensorData;

/** Everything that a session carries from frame to frame, by variable name. Its values are never changed, only replaced. */
export type SessionState = ReadonlyMap<string, StateValues>;

/**
 * The frame that a session began with, in the states of worlds whose games end: they begin anew with it. It stays on the host, in
 * snapshots too.
 */
export const startFrame = 'start/frame';

const keepsStart = (model: WorldModel): boolean => model.readouts?.end !== undefined;

/** Bytes of a snapshot. */
export function snapshotBytes(model: WorldModel, kvCache: KvCacheBits | undefined): number {
  const { width, height } = model.config;
  return model.stateBytes({ kvCache }) + (keepsStart(model) ? width * height * 3 * 4 : 0);
}

const kinds = {
  f32: 'finite numbers',
  i32: 'whole numbers',
  u32: 'packed words',
} as const satisfies Record<DType, string>;

function isArrayOf(dtype: DType, values: unknown): values is StateValues {
  const isArray =
    values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint32Array;
  return isArray && dtypeOf(values) === dtype;
}

/** Whether all numbers are finite, and those with a limit from 0 to it: they are places in tables. */
function isWithin(values: StateValues, most: number | undefined): boolean {
  if (values instanceof Uint32Array) return true;
  if (values instanceof Float32Array) return values.every(Number.isFinite);
  return most === undefined || values.every((value) => value >= 0 && value <= most);
}

/** What the state of a session in a world consists of. */
export class StateLayout {
  readonly specs: ReadonlyMap<string, TensorSpec>;
  /** Those of `specs` that the graph has. */
  readonly variables: ReadonlyMap<string, TensorSpec>;

  readonly #model: WorldModel;

  /** @param graph of a frame of the model's */
  constructor({ variables }: Graph, model: WorldModel) {
    this.#model = model;
    this.variables = new Map([...variables].filter(([name]) => isPlayState(name)));
    const start = keepsStart(model) ? [[startFrame, this.variables.get(lastFrame)!] as const] : [];
    this.specs = new Map([...this.variables, ...start]);
  }

  /** The state of a session that has just begun: nothing but its first frame (1, H, W, 3). */
  fresh(frame: Float32Array): SessionState {
    const state = this.#model.initialState(this.variables, frame);
    return this.specs.has(startFrame) ? state.set(startFrame, frame) : state;
  }

  /**
   * Checks a state that came from outside, and copies it: what its owner does with it later is none of the session's business.
   * @throws SnowglobeError when it is no state of this world
   */
  read(state: Readonly<Record<string, unknown>>): SessionState {
    const given = new Map(Object.entries(state));
    const copy = new Map<string, StateValues>();
    for (const [name, { shape, dtype }] of this.specs) {
      const values = given.get(name);
      const most = this.#model.stateLimits?.[name];
      if (!isArrayOf(dtype, values) || values.length !== sizeOf(shape) || !isWithin(values, most)) {
        const range = dtype === 'i32' && most !== undefined ? ` from 0 to ${most}` : '';
        throw new SnowglobeError(
          `snapshot: its '${name}' is not what this world needs (${formatShape(shape)} ${kinds[dtype]}${range}); use a snapshot of this very world.`,
        );
      }
      copy.set(name, values.slice());
    }
    if (given.size !== this.specs.size) {
      throw new SnowglobeError(
        'snapshot: it has more than this world needs; use a snapshot of this very world.',
      );
    }
    return copy;
  }
}
