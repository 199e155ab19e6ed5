import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import type { Precision } from '@snowglobe/kernels';
import * as v from 'valibot';
import type { DeviceDescription } from '../devices/device.js';
import type { ChooseVariant } from '../webgpu/lower.js';
import { nodeKey, variantChecksum } from './key.js';

const text = v.pipe(v.string(), v.maxLength(4096));
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));

/** Which variant is the fastest for a node on one adapter. */
export interface TuningEntry {
  /** What the node computes: its op, shapes, attributes and precision. */
  readonly key: string;
  readonly variant: string;
  /** Of the variant's shaders: with others the entry no longer holds. */
  readonly checksum: string;
  /** Milliseconds of the fastest run. */
  readonly ms: number;
  /** The variant that comes first without tuning, and its time in milliseconds. */
  readonly defaultVariant: string;
  readonly defaultMs: number;
}

/** What was found out about an adapter with a driver. */
export interface Tuning {
  readonly format: 'snowglobe-tuning';
  readonly version: 1;
  readonly adapter: string;
  readonly driver: string;
  readonly entries: readonly TuningEntry[];
}

const entrySchema = v.strictObject({
  key: text,
  variant: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  checksum: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  ms: milliseconds,
  defaultVariant: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  defaultMs: milliseconds,
}) satisfies v.GenericSchema<unknown, TuningEntry>;

const schema = v.strictObject({
  format: v.literal('snowglobe-tuning'),
  version: v.literal(1),
  adapter: text,
  driver: text,
  entries: v.pipe(v.array(entrySchema), v.maxLength(100_000)),
}) satisfies v.GenericSchema<unknown, Tuning>;

/** Where tunings are kept between runs: a file in Node, IndexedDB in browsers. */
export interface TuningStore {
  /** @returns undefined where there is none. @throws SnowglobeError when what is there is damaged */
  load(device: DeviceDescription): Promise<Tuning | undefined>;
  /** Keeps a tuning in place of the one before. @throws SnowglobeError where it cannot be written */
  save(tuning: Tuning): Promise<void>;
}

/** A tuning without entries. */
export function emptyTuning({ name, driver }: Pick<DeviceDescription, 'name' | 'driver'>): Tuning {
  return { format: 'snowglobe-tuning', version: 1, adapter: name, driver, entries: [] };
}

/**
 * Checks a tuning that comes from outside.
 * @param source names it in errors
 * @throws SnowglobeError when it is none, or belongs to another adapter or driver
 */
export function parseTuning(
  value: unknown,
  source: string,
  device: Pick<DeviceDescription, 'name' | 'driver'>,
): Tuning {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    throw new SnowglobeError(
      `${source}: ${describeIssue(result.issues[0])}; delete it and run snowglobe tune again.`,
    );
  }
  const { adapter, driver } = result.output;
  if (adapter !== device.name || driver !== device.driver) {
    throw new SnowglobeError(
      `${source}: it was measured on '${adapter}' (${driver}), not on '${device.name}' (${device.driver}); run snowglobe tune here.`,
    );
  }
  return result.output;
}

/** The tuning with other entries beside or in place of its own. */
export function withEntries(tuning: Tuning, entries: readonly TuningEntry[]): Tuning {
  const byKey = new Map([...tuning.entries, ...entries].map((entry) => [entry.key, entry]));
  return { ...tuning, entries: [...byKey.values()] };
}

/**
 * Picks the variants that a tuning found fastest. A node that it does not know, or whose shaders changed since, gets the
 * kernel's own first choice.
 * @param precision of the executor: what is fastest in half precision was found out apart
 */
export function chooseTuned(
  { entries }: Pick<Tuning, 'entries'>,
  precision: Precision = 'f32',
): ChooseVariant {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  return (node, variants) => {
    const entry = variants.length > 1 ? byKey.get(nodeKey(node, precision)) : undefined;
    const variant = entry && variants.find(({ name }) => name === entry.variant);
    if (!variant || variantChecksum(variant, variants) !== entry.checksum) return variants[0]!;
    return variant;
  };
}
