import type { SlotTables } from '@snowglobe/compiler';
import { loadSlot, putSlot, readSlot, slotState, slotTable, slotsInput, takeSlot } from '@snowglobe/compiler';
import type { Program, TensorData } from '@snowglobe/graph';
import { isPlayState } from '@snowglobe/model/internal';
import type { SessionState } from './state.js';
import type { SlotsContext, StateSlots, StepRow, Stepped } from './state_slots.js';

/** Rows that are stepped in one run at most. */
const mostRows = 64;
/** The same on a CPU: what more of them compute falls out of its caches, and a row takes a tenth longer. */
const mostRowsOnHost = 16;

/**
 * States of many sessions in tables that the frame's graph reads and writes by slot, so that any of them step together. Graphs are compiled
 * for powers of two, when so many rows are wanted for a second time. A GPU steps three rows as four, one of them idle; on a CPU, where an
 * idle row would cost what any other does, they are stepped as two and one. One row takes its state to where a single session has it.
 */
export class SlottedStates implements StateSlots {
  readonly capacity: number;
  readonly #context: SlotsContext;
  readonly #single: StateSlots;
  readonly #tables: SlotTables;
  /** Slots of the tables, one of which may be nobody's: that of idle rows. */
  readonly #slots: number;
  readonly #moves: Moves;
  readonly #programs = new Map<number, Program>();
  /** Sizes that were wanted once, which may have been by chance. */
  readonly #wantedOnce = new Set<number>();
  #mostRows: number;
  /** The slot whose state `#single` has as well. */
  #taken: number | undefined;

  private constructor(
    context: SlotsContext,
    single: StateSlots,
    capacity: number,
    { tables, slots, moves }: { readonly tables: SlotTables; readonly slots: number; readonly moves: Moves },
  ) {
    this.#context = context;
    this.#single = single;
    this.capacity = capacity;
    this.#tables = tables;
    this.#slots = slots;
    this.#moves = moves;
    this.#mostRows = idles(context) ? mostRows : mostRowsOnHost;
  }

  /** @param single steps rows that are alone; it stays its owner's */
  static async open(context: SlotsContext, single: StateSlots, capacity: number): Promise<SlottedStates> {
    const { variables, compileTables: compile } = context;
    const slots = capacity + (idles(context) ? 1 : 0);
    const tables = new Map(
      [...variables].map(([name, spec]) => [name, slotTable(name, spec, { batch: 1, slots })]),
    );
    const moves: Moves = {
      load: await compile(loadSlot(tables)),
      read: await compile(readSlot(tables)),
      take: await compile(takeSlot(tables, variables)),
      put: await compile(putSlot(tables, variables)),
    };
    return new SlottedStates(context, single, capacity, { tables, slots, moves });
  }

  async load(slot: number, state: SessionState): Promise<void> {
    const own = [...this.#tables.keys()].map((name) => [name, state.get(name)!] as const);
    if (this.#taken === slot) this.#taken = undefined;
    await this.#moves.load.run({ ...slotInput(slot), ...Object.fromEntries(own) });
  }

  async read(slot: number, names: readonly string[]): Promise<SessionState> {
    return new Map(Object.entries(await this.#moves.read.run(slotInput(slot), names)));
  }

  rowsOf(wanted: number): number {
    const most = Math.min(wanted, this.#mostRows);
    const rows = idles(this.#context) ? most : 2 ** Math.floor(Math.log2(most));
    const batch = sizeFor(rows);
    if (batch === 1 || this.#programs.has(batch) || this.#wantedOnce.has(batch)) return rows;
    this.#wantedOnce.add(batch);
    return 1;
  }

  async prepare(rows: number): Promise<void> {
    const batch = sizeFor(rows);
    if (batch <= this.#mostRows && !this.#programs.has(batch)) await this.#compile(batch);
  }

  step(rows: readonly StepRow[], withCodes: boolean): Promise<readonly Stepped[]> {
    return rows.length === 1 ? this.#stepOne(rows[0]!, withCodes) : this.#stepTogether(rows, withCodes);
  }

  async #stepOne(row: StepRow, withCodes: boolean): Promise<readonly Stepped[]> {
    const { take, put } = this.#moves;
    if (this.#taken !== row.slot) await take.run(slotInput(row.slot));
    this.#taken = undefined;
    const stepped = await this.#single.step([row], withCodes);
    await put.run(slotInput(row.slot));
    this.#taken = row.slot;
    return stepped;
  }

  async #stepTogether(rows: readonly StepRow[], withCodes: boolean): Promise<readonly Stepped[]> {
    if (rows.some(({ slot }) => slot === this.#taken)) this.#taken = undefined;
    const batch = sizeFor(rows.length);
    const program = this.#programs.get(batch) ?? (await this.#compile(batch));
    // Idle rows do all the same, in a slot of nobody's.
    const idle: StepRow = { ...rows[0]!, slot: this.capacity };
    const all = Array.from({ length: batch }, (_, i) => rows[i] ?? idle);
    const outputs = await program.run(
      {
        [slotsInput]: Int32Array.from(all, ({ slot }) => slot),
        ...this.#context.model.frameInputs(
          all.map(({ index }) => index),
          all.map(({ actionLogits }) => actionLogits),
          {
            seeds: all.map(({ sampling }) => sampling.seed),
            temperature: all.map(({ sampling }) => sampling.temperature),
            confidenceThreshold: all.map(({ sampling }) => sampling.confidenceThreshold),
            told: all.map(({ told }) => told),
          },
        ),
      },
      withCodes ? ['frame', 'codes'] : ['frame'],
    );
    const part = <T extends TensorData>(values: T, row: number): T => {
      const size = values.length / batch;
      return values.slice(row * size, (row + 1) * size) as T;
    };
    return rows.map((_, row) => ({
      frame: part(outputs['frame'] as Float32Array, row),
      ...(withCodes && { codes: part(outputs['codes'] as Int32Array, row) }),
    }));
  }

  async close(): Promise<void> {
    const { load, read, take, put } = this.#moves;
    for (const program of [load, read, take, put, ...this.#programs.values()]) await program.close();
    for (const { name } of this.#tables.values()) this.#context.store.remove(name);
  }

  async #compile(batch: number): Promise<Program> {
    const { model, kvCache, compile } = this.#context;
    const graph = model.frameGraph({ batch, apart: true, kvCache });
    try {
      const program = await compile(slotState(graph, { batch, slots: this.#slots, isState: isPlayState }));
      this.#programs.set(batch, program);
      return program;
    } catch (error) {
      // What has no room for so many rows has it for fewer.
      this.#mostRows = batch / 2;
      throw error;
    }
  }
}

/** Whether rows may be idle. */
const idles = ({ executor }: SlotsContext): boolean => executor.kind === 'webgpu';

/** Rows of the graph that steps so many. */
const sizeFor = (rows: number): number => 2 ** Math.ceil(Math.log2(rows));

const slotInput = (slot: number): Record<string, Int32Array> => ({ [slotsInput]: Int32Array.of(slot) });

/** Programs that move states. */
type Moves = Readonly<Record<'load' | 'read' | 'take' | 'put', Program>>;
