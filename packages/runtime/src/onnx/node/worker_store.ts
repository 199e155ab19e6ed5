import type { TensorData, TensorSpec } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import { checkVariable } from '../../executor_checks.js';
import type { CheckedStore } from '../../host_executor.js';
import { NamedVariables } from '../../named_variables.js';
import type { WorkerLink } from './worker_link.js';

/** A variable; its value lies here until a run needs it, and from then on in the thread. */
interface WorkerVariable {
  readonly id: number;
  readonly spec: TensorSpec;
  data: TensorData | undefined;
  written: boolean;
}

/** Variables whose values lie in a thread with ONNX Runtime, once a run has read or assigned them. */
export class WorkerStore extends NamedVariables<WorkerVariable> implements CheckedStore {
  static #ids = 0;
  readonly #link: WorkerLink;

  /** @param check throws when the executor is closed */
  constructor(link: WorkerLink, check: () => void) {
    super(check);
    this.#link = link;
  }

  belongsTo(link: WorkerLink): boolean {
    return this.#link === link;
  }

  write(name: string, spec: TensorSpec, data: TensorData): void {
    const known = this.variables.get(name);
    checkVariable(name, spec, data, known?.spec);
    const variable = known ?? this.#add(name, spec);
    variable.data = data.slice();
    variable.written = true;
  }

  async read(name: string): Promise<TensorData> {
    const variable = this.readable(name);
    return variable.data?.slice() ?? this.#fetch(variable);
  }

  remove(name: string): void {
    const { variables } = this;
    const variable = variables.get(name);
    variables.delete(name);
    if (variable) this.#release([variable]);
  }

  close(): void {
    this.#release(this.end());
  }

  /** Makes the variable exist, as zeros when it was never written. @throws SnowglobeError when it exists as something else */
  declare(name: string, spec: TensorSpec): void {
    this.#declared(name, spec);
  }

  /** The value now, not to be changed. */
  async value(name: string, spec: TensorSpec): Promise<TensorData> {
    const variable = this.#declared(name, spec);
    return variable.data ?? this.#fetch(variable);
  }

  /** A variable's number, and its value if the thread does not have it: it is the thread's from then on. */
  lend(name: string, spec: TensorSpec): { readonly variable: number; readonly data?: TensorData } {
    const variable = this.#declared(name, spec);
    const { id, data } = variable;
    variable.data = undefined;
    return { variable: id, ...(data && { data }) };
  }

  /** A run has assigned it. */
  assigned(name: string): void {
    const variable = this.known(name);
    if (variable) variable.written = true;
  }

  #declared(name: string, spec: TensorSpec): WorkerVariable {
    const known = this.variables.get(name);
    if (!known) {
      const variable = this.#add(name, spec);
      variable.data = allocate(spec.dtype, sizeOf(spec.shape));
      return variable;
    }
    checkVariable(name, spec, { length: sizeOf(known.spec.shape) }, known.spec);
    return known;
  }

  #add(name: string, spec: TensorSpec): WorkerVariable {
    const variable: WorkerVariable = { id: ++WorkerStore.#ids, spec, data: undefined, written: false };
    this.variables.set(name, variable);
    return variable;
  }

  async #fetch({ id }: WorkerVariable): Promise<TensorData> {
    const [data] = await this.#link.ask({ what: 'read', variable: id });
    return data!;
  }

  #release(variables: readonly WorkerVariable[]): void {
    // Those that no run has read are not there. A thread that has ended has nothing.
    const there = variables.map(({ id }) => id);
    if (there.length > 0) this.#link.ask({ what: 'release', programs: [], variables: there }).catch(() => {});
  }
}
