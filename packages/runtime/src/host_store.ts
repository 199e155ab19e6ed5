import type { TensorData, TensorSpec, VariableStore } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import { checkVariable, closedStore } from './executor_checks.js';

interface HostVariable {
  readonly spec: TensorSpec;
  data: TensorData;
  written: boolean;
}

/** Variables in host memory: what the CPU executors use. */
export class HostStore implements VariableStore {
  #variables: Map<string, HostVariable> | undefined = new Map();
  readonly #check: () => void;

  /** @param check throws when the executor is closed */
  constructor(check: () => void = () => {}) {
    this.#check = check;
  }

  write(name: string, spec: TensorSpec, data: TensorData): void {
    const variables = this.#open();
    checkVariable(name, spec, data, variables.get(name)?.spec);
    variables.set(name, { spec, data: data.slice(), written: true });
  }

  async read(name: string): Promise<TensorData> {
    const variable = this.#open().get(name);
    if (!variable) {
      throw new SnowglobeError(
        `variable '${name}' does not exist; the store has ${this.names().length} others.`,
      );
    }
    return variable.data.slice();
  }

  spec(name: string): TensorSpec {
    const variable = this.#open().get(name);
    if (!variable) throw new SnowglobeError(`variable '${name}' does not exist; write it first.`);
    return variable.spec;
  }

  has(name: string): boolean {
    return this.#open().get(name)?.written ?? false;
  }

  names(): readonly string[] {
    return [...this.#open()].filter(([, { written }]) => written).map(([name]) => name);
  }

  remove(name: string): void {
    this.#open().delete(name);
  }

  /** @throws SnowglobeError when the store or its executor is closed */
  check(): void {
    this.#open();
  }

  close(): void {
    this.#variables = undefined;
  }

  /** The live value, made of zeros when the variable was never written. Not a copy. */
  value(name: string, spec: TensorSpec): TensorData {
    const variables = this.#open();
    const known = variables.get(name);
    const data = known?.data ?? allocate(spec.dtype, sizeOf(spec.shape));
    checkVariable(name, spec, data, known?.spec);
    // A program's use of a variable makes it exist, but only a write or an assignment gives it a value of its own.
    if (!known) variables.set(name, { spec, data, written: false });
    return data;
  }

  /** Changes the live value where it lies. */
  update(name: string, change: (data: TensorData) => void): void {
    const variable = this.#open().get(name)!;
    change(variable.data);
    variable.written = true;
  }

  /** Takes over `data` as the new value, without a copy. */
  replace(name: string, data: TensorData): void {
    const variable = this.#open().get(name)!;
    variable.data = data;
    variable.written = true;
  }

  #open(): Map<string, HostVariable> {
    if (!this.#variables) throw closedStore();
    this.#check();
    return this.#variables;
  }
}
