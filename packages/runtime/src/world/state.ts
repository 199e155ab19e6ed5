import type { Graph, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import type { WorldModel } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';

/** Numbers, or packed words of a KV cache of few bits. */
export type StateValues = Float32Array | Uint32Array;

/** Everything that a session carries from frame to frame, by variable name. Its values are never changed, only replaced. */
export type SessionState = ReadonlyMap<string, StateValues>;

/** What the state of a session in a world consists of. */
export class StateLayout {
  readonly specs: ReadonlyMap<string, TensorSpec>;

  readonly #model: WorldModel;

  /** @param graph of a frame of the model's */
  constructor({ variables }: Graph, model: WorldModel) {
    this.#model = model;
    this.specs = new Map([...variables].filter(([name]) => isPlayState(name)));
  }

  /** The state of a session that has just begun: nothing but its first frame (1, H, W, 3). */
  fresh(frame: Float32Array): SessionState {
    return this.#model.initialState(this.specs, frame) as ReadonlyMap<string, StateValues>;
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
      // Every word is four bytes, whatever it is.
      const known =
        dtype === 'u32'
          ? values instanceof Uint32Array && values
          : values instanceof Float32Array && values.every(Number.isFinite) && values;
      if (!known || known.length !== sizeOf(shape)) {
        const needed = dtype === 'u32' ? 'packed words' : 'finite numbers';
        throw new SnowglobeError(
          `snapshot: its '${name}' is not what this world needs (${formatShape(shape)} ${needed}); use a snapshot of this very world.`,
        );
      }
      copy.set(name, known.slice());
    }
    if (given.size !== this.specs.size) {
      throw new SnowglobeError(
        'snapshot: it has more than this world needs; use a snapshot of this very world.',
      );
    }
    return copy;
  }
}
