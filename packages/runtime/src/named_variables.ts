import type { TensorSpec } from '@snowglobe/graph';
import { closedStore, unknownVariable, unreadableVariable } from './executor_checks.js';

interface NamedVariable {
  readonly spec: TensorSpec;
  /** Whether it has a value of its own; others exist because a program uses them. */
  readonly written: boolean;
}

/** The variables of a store by name, until it is closed: what stores have in common, wherever values lie. */
export abstract class NamedVariables<V extends NamedVariable> {
  #variables: Map<string, V> | undefined = new Map();
  readonly #check: () => void;

  /** @param check throws when the executor is closed */
  constructor(check: () => void) {
    this.#check = check;
  }

  spec(name: string): TensorSpec {
    const variable = this.variables.get(name);
    if (!variable) throw unknownVariable(name);
    return variable.spec;
  }

  has(name: string): boolean {
    return this.variables.get(name)?.written ?? false;
  }

  names(): readonly string[] {
    return [...this.variables].filter(([, { written }]) => written).map(([name]) => name);
  }

  /** @throws SnowglobeError when the store or its executor is closed */
  check(): void {
    void this.variables;
  }

  /** @throws SnowglobeError when the store or its executor is closed */
  protected get variables(): Map<string, V> {
    if (!this.#variables) throw closedStore();
    this.#check();
    return this.#variables;
  }

  /** One that is to be read. @throws SnowglobeError when it does not exist */
  protected readable(name: string): V {
    const variable = this.variables.get(name);
    if (!variable) throw unreadableVariable(name, this.names().length);
    return variable;
  }

  /** One that may be there, also of a closed executor. */
  protected known(name: string): V | undefined {
    return this.#variables?.get(name);
  }

  /** Closes the store. @returns what it had; nothing when it was closed before */
  protected end(): readonly V[] {
    const all = [...(this.#variables?.values() ?? [])];
    this.#variables = undefined;
    return all;
  }
}
