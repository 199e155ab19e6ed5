import type { TensorData, TensorSpec, VariableStore } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import { checkVariable } from './executor_checks.js';
import { NamedVariables } from './named_variables.js';

interface HostVariable {
  readonly spec: TensorSpec;
  data: TensorData;
  written: boolean;
}

/** Variables in host memory: what the CPU executors use. */
export class HostStore extends NamedVariables<HostVariable> implements VariableStore {
  /** @param check throws when the executor is closed */
  constructor(check: () => void = () => {}) {
    super(check);
  }

  write(name: string, spec: TensorSpec, data: TensorData): void {
    const { variables } = this;
    checkVariable(name, spec, data, variables.get(name)?.spec);
    variables.set(name, { spec, data: data.slice(), written: true });
  }

  async read(name: string): Promise<TensorData> {
    return this.readable(name).data.slice();
  }

  remove(name: string): void {
    this.variables.delete(name);
  }

  close(): void {
    this.end();
  }

  /** The live value, made of zeros when the variable was never written. Not a copy. */
  value(name: string, spec: TensorSpec): TensorData {
    const { variables } = this;
    const known = variables.get(name);
    const data = known?.data ?? allocate(spec.dtype, sizeOf(spec.shape));
    checkVariable(name, spec, data, known?.spec);
    // A program's use of a variable makes it exist, but only a write or an assignment gives it a value of its own.
    if (!known) variables.set(name, { spec, data, written: false });
    return data;
  }

  /** Changes the live value where it lies. */
  update(name: string, change: (data: TensorData) => void): void {
    const variable = this.variables.get(name)!;
    change(variable.data);
    variable.written = true;
  }

  /** Takes over `data` as the new value, without a copy. */
  replace(name: string, data: TensorData): void {
    const variable = this.variables.get(name)!;
    variable.data = data;
    variable.written = true;
  }
}
