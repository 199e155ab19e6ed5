import type { TensorData, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, allocate, sizeOf } from '@snowglobe/graph';
import type { VariableStore } from './executor.js';
import { checkVariable } from './executor.js';

/** Variables in host memory: what the CPU executors use. */
export class HostStore implements VariableStore {
  readonly #variables = new Map<string, { spec: TensorSpec; data: TensorData; written: boolean }>();

  write(name: string, spec: TensorSpec, data: TensorData): void {
    checkVariable(name, spec, data, this.#variables.get(name)?.spec);
    this.#variables.set(name, { spec, data: data.slice(), written: true });
  }

  async read(name: string): Promise<TensorData> {
    const variable = this.#variables.get(name);
    if (!variable) {
      throw new SnowglobeError(
        `variable '${name}' does not exist; the store has ${this.names().length} others.`,
      );
    }
    return variable.data.slice();
  }

  spec(name: string): TensorSpec {
    const variable = this.#variables.get(name);
    if (!variable) throw new SnowglobeError(`variable '${name}' does not exist; write it first.`);
    return variable.spec;
  }

  has(name: string): boolean {
    return this.#variables.get(name)?.written ?? false;
  }

  names(): readonly string[] {
    return [...this.#variables].filter(([, { written }]) => written).map(([name]) => name);
  }

  /** The live value, made of zeros when the variable was never written. Not a copy. */
  value(name: string, spec: TensorSpec): TensorData {
    const known = this.#variables.get(name);
    const data = known?.data ?? allocate(spec.dtype, sizeOf(spec.shape));
    checkVariable(name, spec, data, known?.spec);
    // A program's use of a variable makes it exist, but only a write or an assignment gives it a value of its own.
    if (!known) this.#variables.set(name, { spec, data, written: false });
    return data;
  }

  /** Changes the live value where it lies. */
  update(name: string, change: (data: TensorData) => void): void {
    const variable = this.#variables.get(name)!;
    change(variable.data);
    variable.written = true;
  }

  /** Takes over `data` as the new value, without a copy. */
  replace(name: string, data: TensorData): void {
    const variable = this.#variables.get(name)!;
    variable.data = data;
    variable.written = true;
  }
}

/** The store as this family of executors needs it. @throws SnowglobeError for a store of another executor. */
export function hostStore(store: VariableStore | undefined): HostStore {
  if (!store) return new HostStore();
  if (store instanceof HostStore) return store;
  throw new SnowglobeError('compile: the store belongs to another executor; use createStore() of this one.');
}
