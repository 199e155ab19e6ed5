import type { FileTensor } from '@snowglobe/model';
import { narrowed, widened } from './narrow.js';
import type { SessionState, StateValues } from './state.js';

/** A state as the host keeps it, in as few bytes as its values take, and the frame that it belongs to. */
export class KeptState {
  readonly index: number;
  readonly #parts: ReadonlyMap<string, FileTensor>;

  private constructor(index: number, parts: ReadonlyMap<string, FileTensor>) {
    this.index = index;
    this.#parts = parts;
  }

  static of(index: number, state: SessionState): KeptState {
    return new KeptState(index, partsOf(state));
  }

  get bytes(): number {
    return [...this.#parts.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  }

  /** The same session at another frame, with what an engine has of it; what that does not have stays. */
  at(index: number, read: SessionState): KeptState {
    return new KeptState(index, new Map([...this.#parts, ...partsOf(read)]));
  }

  /** Its values, which are not to be changed. @param names of variables; default: all */
  state(names: readonly string[] = [...this.#parts.keys()]): SessionState {
    return new Map(names.map((name) => [name, this.value(name)]));
  }

  value(name: string): StateValues {
    return widened(this.#parts.get(name)!);
  }
}

function partsOf(state: SessionState): ReadonlyMap<string, FileTensor> {
  return new Map([...state].map(([name, values]) => [name, narrowed(values)]));
}
