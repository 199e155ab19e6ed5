import type { Graph, OpDefinition, OpNode, Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planAssignments } from './assignments.js';
import { planSlots } from './slots.js';
import type { NodeMemory, Storage } from './storage.js';
import { planStorage } from './storage.js';

/** Ops that exist for these tests: what they compute is a word that tells their history. */
function op(name: string, infer: OpDefinition['infer']): OpDefinition {
  return { name, infer, flops: () => 0 };
}
const sameAsFirst: OpDefinition['infer'] = ([first]) => [first!];
const plain = op('plain', sameAsFirst);
const twins = op('twins', ([first]) => [first!, first!]);
const alias = op('alias', sameAsFirst);
const update = op('update', sameAsFirst);
const heavy = op('heavy', sameAsFirst);

function memoryOf({ op: definition, inputs }: OpNode): NodeMemory {
  if (definition === alias) return { alias: true };
  if (definition === update) return { inPlace: { input: 0, output: 0 } };
  if (definition === heavy) return { scratch: [inputs[0]!, { shape: [1000], dtype: 'f32' }] };
  return {};
}

const word = (node: OpNode, operands: readonly string[], output: number): string =>
  `${node.op.name}${output}#${node.id}(${operands.join(',')})`;

/** What each tensor is by definition, with memory for everything. */
function evaluate(graph: Graph): Map<Tensor, string> {
  const values = new Map<Tensor, string>();
  for (const node of graph.nodes) {
    node.outputs.forEach((tensor, index) => {
      if (node.kind !== 'op') values.set(tensor, `${node.kind}${node.id}`);
      else if (node.op === alias) values.set(tensor, values.get(node.inputs[0]!)!);
      else {
        const operands = node.inputs.map((input) => values.get(input)!);
        values.set(tensor, word(node, operands, index));
      }
    });
  }
  return values;
}

/** What the plan makes of it: every step reads and writes buffers, and scribbles over its scratch memory. */
function simulate(graph: Graph): { outputs: Map<string, string>; variables: Map<string, string> } {
  const plan = planStorage(graph, memoryOf);
  const { slotOf } = planSlots(plan.storages.filter(({ kind }) => kind === 'temporary'));
  const buffers = new Map<Storage | number, string>();
  const home = (storage: Storage): Storage | number => slotOf.get(storage) ?? storage;
  const load = (storage: Storage): string => buffers.get(home(storage)) ?? 'nothing';
  const save = (storage: Storage, value: string): void => void buffers.set(home(storage), value);

  for (const node of graph.nodes) {
    if (node.kind !== 'op') save(plan.storageOf(node.outputs[0]!), `${node.kind}${node.id}`);
  }
  for (const step of plan.steps) {
    const { inPlace } = memoryOf(step.node);
    if (step.copy) save(step.copy.to, load(step.copy.from));
    step.scratch.forEach((storage) => save(storage, 'scratch'));
    const written = new Set([...step.outputs, ...step.scratch].map(home));
    const operands = step.inputs.map((storage, index) => {
      if (inPlace?.input === index) return load(step.outputs[inPlace.output]!);
      // WebGPU forbids that one dispatch reads and writes the same buffer.
      expect(written.has(home(storage))).toBe(false);
      return load(storage);
    });
    step.outputs.forEach((storage, index) => save(storage, word(step.node, operands, index)));
  }
  const outputs = new Map([...graph.outputs].map(([name, tensor]) => [name, load(plan.storageOf(tensor))]));
  const assignments = planAssignments(graph, plan);
  const aside = new Map(assignments.filter((each) => each.aside).map((each) => [each, load(each.from)]));
  for (const each of assignments) save(each.to, aside.get(each) ?? load(each.from));
  const variables = new Map(
    [...graph.variables].map(([name, tensor]) => [name, load(plan.storageOf(tensor))]),
  );
  return { outputs, variables };
}

const shapes = [[4], [64], [1000], [16, 16]];

/** Random graphs: every node reads earlier tensors; some are outputs, some variables are assigned. */
const graphs = fc
  .record({
    sources: fc.array(fc.tuple(fc.constantFrom('input', 'variable', 'constant'), fc.nat(3)), {
      minLength: 1,
      maxLength: 6,
    }),
    ops: fc.array(
      fc.tuple(
        fc.constantFrom(plain, twins, alias, update, update, heavy),
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 2 }),
      ),
      { maxLength: 25 },
    ),
    outputs: fc.array(fc.nat(), { maxLength: 3 }),
    assignments: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 5 }),
  })
  .map(({ sources, ops, outputs, assignments }) => {
    const builder = new GraphBuilder();
    const tensors = sources.map(([kind, size], index) => {
      const shape = shapes[size]!;
      if (kind === 'input') return builder.input(`x${index}`, shape);
      if (kind === 'variable') return builder.variable(`v${index}`, shape);
      return builder.constant(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(index), shape);
    });
    const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;
    for (const [definition, first, rest] of ops) {
      // Recent tensors more often, as in a model.
      const recent = tensors.slice(-4);
      const operands = [
        pick(first % 3 === 0 ? tensors : recent, first),
        ...rest.map((n) => pick(tensors, n)),
      ];
      tensors.push(...builder.apply(definition, operands, {}));
    }
    outputs.forEach((n, index) => builder.output(`y${index}`, pick(tensors, n)));
    const variables = tensors.filter(({ node }) => node.kind === 'variable');
    const taken = new Set<Tensor>();
    for (const [target, source] of assignments) {
      if (variables.length === 0) break;
      const variable = pick(variables, target);
      const fitting = tensors.filter((tensor) => String(tensor.shape) === String(variable.shape));
      if (taken.has(variable)) continue;
      taken.add(variable);
      builder.assign(variable, pick(fitting, source));
    }
    return builder.build();
  });

test('a run in planned memory gives what a run with memory for everything gives', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const expected = evaluate(graph);
      const { outputs, variables } = simulate(graph);
      for (const [name, tensor] of graph.outputs) expect(outputs.get(name)).toBe(expected.get(tensor));
      for (const [name, tensor] of graph.variables) {
        expect(variables.get(name)).toBe(expected.get(graph.assignments.get(name) ?? tensor));
      }
    }),
    { numRuns: 1000 },
  );
});

const intervals = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 4, max: 5000 }), first: fc.nat(40), length: fc.nat(12) })
    .map(({ bytes, first, length }) => ({ bytes, first, last: first + length })),
  { maxLength: 60 },
);

test('no two live tensors share a slot, and every slot is large enough', () => {
  fc.assert(
    fc.property(intervals, (storages) => {
      const { slotOf, slotBytes, totalBytes, lowerBound } = planSlots(storages);
      for (const a of storages) {
        expect(slotBytes[slotOf.get(a)!]).toBeGreaterThanOrEqual(a.bytes);
        for (const b of storages) {
          const overlap = a.first <= b.last && b.first <= a.last;
          if (a !== b && overlap) expect(slotOf.get(a)).not.toBe(slotOf.get(b));
        }
      }
      expect(totalBytes).toBeGreaterThanOrEqual(lowerBound);
      expect(totalBytes).toBeLessThanOrEqual(storages.reduce((sum, { bytes }) => sum + bytes + 15, 0));
    }),
  );
});

describe('planStorage', () => {
  function cache(extend?: (builder: GraphBuilder, written: Tensor, before: Tensor) => void): Graph {
    const builder = new GraphBuilder();
    const before = builder.variable('cache', [1000]);
    const row = builder.input('row', [4]);
    const [written] = builder.apply(update, [before, row], {});
    builder.assign(before, written!);
    extend?.(builder, written!, before);
    return builder.build();
  }
  const temporaries = (graph: Graph): number =>
    planStorage(graph, memoryOf).storages.filter(({ kind }) => kind === 'temporary').length;

  test('a cache that is assigned what was written into it takes no memory and no copy', () => {
    const graph = cache((builder, written) =>
      builder.output('read', builder.apply(plain, [written], {})[0]!),
    );
    const plan = planStorage(graph, memoryOf);
    expect(plan.steps[0]!.copy).toBeUndefined();
    expect(planAssignments(graph, plan)).toEqual([]);
    expect(temporaries(graph)).toBe(1);
  });

  test('a reader of the old value forces a copy', () => {
    const graph = cache((builder, _, before) =>
      builder.output('old', builder.apply(plain, [before], {})[0]!),
    );
    const plan = planStorage(graph, memoryOf);
    expect(plan.steps.find(({ node }) => node.op === update)!.copy).toBeDefined();
    expect(planAssignments(graph, plan)).toHaveLength(1);
  });

  test('a variable that is not assigned is not overwritten', () => {
    const builder = new GraphBuilder();
    const [written] = builder.apply(update, [builder.variable('weights', [64])], {});
    builder.output('y', written!);
    expect(planStorage(builder.build(), memoryOf).steps[0]!.copy).toBeDefined();
  });

  test('a long chain runs in two buffers, and aliases take none', () => {
    const builder = new GraphBuilder();
    let x = builder.input('x', [256]);
    for (let i = 0; i < 20; i++) {
      x = builder.apply(plain, [x], {})[0]!;
      x = builder.apply(alias, [x], {})[0]!;
    }
    builder.output('y', x);
    const { storages } = planStorage(builder.build(), memoryOf);
    const plan = planSlots(storages.filter(({ kind }) => kind === 'temporary'));
    expect(plan.slotBytes).toEqual([1024, 1024]);
    expect(plan.totalBytes).toBe(plan.lowerBound);
  });
});
