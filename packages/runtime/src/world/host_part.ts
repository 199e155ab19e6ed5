import { bytesOfExactPixels, isPlayState, pixelsOf } from '@snowglobe/model/internal';
import type { SessionState, StateValues } from './state.js';

/**
 * What the host keeps of a state beside an engine that has the rest: what engines do not know, such as the frame that a session began with. Pictures whose
 * colours are bytes are kept as these.
 */
export class HostPart {
  readonly #parts: ReadonlyMap<string, StateValues | Uint8Array>;

  private constructor(parts: ReadonlyMap<string, StateValues | Uint8Array>) {
    this.#parts = parts;
  }

  static of(state: SessionState): HostPart {
    const own = [...state].filter(([name]) => !isPlayState(name));
    return new HostPart(new Map(own.map(([name, values]) => [name, narrowed(values)])));
  }

  /** As it was. */
  state(): SessionState {
    const parts = [...this.#parts].map(([name, values]) => [name, widened(values)] as const);
    return new Map(parts);
  }
}

const narrowed = (values: StateValues): StateValues | Uint8Array =>
  (values instanceof Float32Array ? bytesOfExactPixels(values) : undefined) ?? values;

const widened = (values: StateValues | Uint8Array): StateValues =>
  values instanceof Uint8Array ? pixelsOf(values) : values;
