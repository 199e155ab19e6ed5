import type { Program } from '@snowglobe/graph';
import type { SessionState, StateValues } from './state.js';
import type { SlotsContext, StateSlots, StepRow, Stepped } from './state_slots.js';

/** The state of one session, in the variables of the frame itself: what a world begins with, and what those stay with who cannot be apart. */
export class SingleState implements StateSlots {
  readonly capacity = 1;
  readonly #program: Program;
  readonly #context: SlotsContext;

  constructor(program: Program, context: SlotsContext) {
    this.#program = program;
    this.#context = context;
  }

  async load(_slot: number, state: SessionState): Promise<void> {
    const { store, variables } = this.#context;
    for (const [name, spec] of variables) store.write(name, spec, state.get(name)!);
  }

  async read(_slot: number, names: readonly string[]): Promise<SessionState> {
    const values = await Promise.all(names.map((name) => this.#context.store.read(name)));
    return new Map(names.map((name, i) => [name, values[i] as StateValues]));
  }

  rowsOf(): number {
    return 1;
  }

  async step([row]: readonly StepRow[], withCodes: boolean): Promise<readonly Stepped[]> {
    const { index, actionLogits, told, sampling } = row!;
    const { seed, temperature, confidenceThreshold } = sampling;
    const options = { seeds: [seed], temperature, confidenceThreshold, told: [told] };
    const outputs = await this.#program.run(
      this.#context.model.frameInputs(index, [actionLogits], options),
      withCodes ? ['frame', 'codes'] : ['frame'],
    );
    const frame = outputs['frame'] as Float32Array;
    return [withCodes ? { frame, codes: outputs['codes'] as Int32Array } : { frame }];
  }

  async prepare(): Promise<void> {}

  async close(): Promise<void> {
    await this.#program.close();
    for (const name of this.#context.variables.keys()) this.#context.store.remove(name);
  }
}
