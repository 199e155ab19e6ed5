/**
 * What a world file says about itself. It stands in the metadata of the `.safetensors` header, one JSON text a field, so
 * that any safetensors reader shows it.
 */
import { SnowglobeError } from '@snowglobe/graph';
import { quote, describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import type { FrameConfig } from '../family/frame.js';
import type { DescribedActions } from '../family/training.js';
import { actionNames, finite, licences, name, plainRecord, text } from './fields.js';
import { parseJson } from './json.js';
import type { Measurements } from './measurements.js';
import { measurements } from './measurements.js';
import type { WorldQuantization } from './quantization.js';
import { quantization } from './quantization.js';

const WORLD_FORMAT = 'snowglobe-world';
/**
 * Rises when older programs could not read the file any more: 2 has pixels as bytes, and tables in few bits. A file that has
 * neither is of version 1.
 */
const WORLD_VERSIONS = [1, 2] as const;
/** Nesting of a field's JSON: far more than a config needs, far less than a stack holds. */
const MAX_DEPTH = 16;

/** Where a world comes from. */
export interface Provenance {
  /** The exact command that made it. */
  readonly command: string;
  readonly seeds: readonly number[];
  /** Hours of training. */
  readonly hours: number;
  /** What it was trained on: processor or GPU, cores. */
  readonly machine: string;
  /** The recordings it was learned from, in words. */
  readonly data: string;
  /** Licences of what can be seen in them, and of the weights. */
  readonly licences: readonly string[];
}

export interface WorldMetadata extends DescribedActions {
  /** The family of worlds that it is of; absent of those of the default one. */
  readonly family?: string;
  /** What decides its shapes, in the words of its family. */
  readonly config: FrameConfig;
  readonly provenance: Provenance;
  /** Measurements by name. */
  readonly evaluation: Readonly<Record<string, number>>;
  /** What was measured of it when it was played. */
  readonly measurements?: Measurements;
  /** How the world is played best, as far as its makers know. */
  readonly play?: SamplingDefaults;
  /** Of worlds with weights in few bits. */
  readonly quantization?: WorldQuantization;
}

/** What a header says, before the family has looked at the config. */
export interface UncheckedMetadata extends Omit<WorldMetadata, 'config'> {
  readonly config: unknown;
}

/** What a session uses unless someone says otherwise. */
export interface SamplingDefaults {
  /** 0 always takes the likeliest, 1 what was learned. */
  readonly temperature: number;
  /** Confidence threshold: what is less likely than this (0 … 1) is not sampled, see `SamplingOptions`. */
  readonly certainty: number;
}

const provenance = v.strictObject({
  command: text,
  seeds: v.pipe(v.array(v.pipe(v.number(), v.safeInteger())), v.maxLength(64)),
  hours: v.pipe(finite, v.minValue(0)),
  machine: text,
  data: text,
  licences,
});

const evaluation = v.pipe(plainRecord, v.record(name, finite));
const likelihood = v.pipe(finite, v.minValue(-100), v.maxValue(0));
const keys = v.pipe(
  plainRecord,
  v.record(name, v.pipe(v.array(v.pipe(v.array(likelihood), v.maxLength(256))), v.maxLength(256))),
);
const play = v.strictObject({
  temperature: v.pipe(finite, v.minValue(0), v.maxValue(100)),
  certainty: v.pipe(finite, v.minValue(0), v.maxValue(1)),
});

const entries = {
  format: v.literal(WORLD_FORMAT),
  version: v.picklist(WORLD_VERSIONS),
  family: v.optional(name),
  config: v.unknown(),
  actionNames,
  provenance,
  evaluation,
  measurements: v.optional(measurements),
  codeToAction: v.optional(v.pipe(v.array(v.nullable(name)), v.minLength(1), v.maxLength(65_536))),
  keys: v.optional(keys),
  play: v.optional(play),
  quantization: v.optional(quantization),
};
const schema = v.pipe(
  v.strictObject(entries),
  v.check(
    ({ codeToAction, actionNames: known }) =>
      (codeToAction ?? []).every((action) => action === null || known.includes(action)),
    'codeToAction names an action that is not in actionNames',
  ),
  v.check(
    ({ keys: known, codeToAction }) =>
      Object.values(known ?? {}).every((rows) => rows.every((row) => row.length === codeToAction?.length)),
    'keys has rows that are not as long as codeToAction',
  ),
  v.check(
    ({ keys: known, actionNames: names }) =>
      Object.keys(known ?? {}).every((action) => names.includes(action)),
    'keys names an action that is not in actionNames',
  ),
);

/**
 * Reads the metadata of a header. Other tools keep theirs there as well (`modelspec.title`, `total_size`), in words of any kind:
 * what is not a world's own is left aside. A field that older programs must not overlook raises the version.
 * @param source the file in words, for messages
 * @throws SnowglobeError naming the field
 */
export function readWorldMetadata(metadata: ReadonlyMap<string, string>, source: string): UncheckedMetadata {
  checkFormat(metadata, source);
  const own = [...metadata].filter(([field]) => Object.hasOwn(entries, field));
  const fields = own.map(([field, json]): [string, unknown] => {
    if (field === 'format') return [field, json];
    return [field, parseJson(json, MAX_DEPTH, `${source}: its field ${quote(field)}`)];
  });
  return check(Object.fromEntries(fields), source);
}

/** Says in plain words when a file is a `.safetensors` of something else, or from a newer Snowglobe. */
function checkFormat(metadata: ReadonlyMap<string, string>, source: string): void {
  const format = metadata.get('format');
  if (format !== WORLD_FORMAT) {
    throw new SnowglobeError(
      `${source}: is no world: its metadata say format ${format === undefined ? 'nothing' : quote(format)} ` +
        `instead of '${WORLD_FORMAT}'; use a file that snowglobe train or quantize wrote.`,
    );
  }
  const version = metadata.get('version');
  if (!WORLD_VERSIONS.some((known) => version === String(known))) {
    throw new SnowglobeError(
      `${source}: is a world of version ${version === undefined ? 'none' : quote(version)}, and this program reads ` +
        `versions ${WORLD_VERSIONS.join(' and ')}; update Snowglobe or make the world again.`,
    );
  }
}

/**
 * Checks what a world is going to say about itself, before there is anything to say it of.
 * @throws SnowglobeError naming the field
 */
export function checkWorldMetadata(world: WorldMetadata, source: string): void {
  writeWorldMetadata(world, source);
}

/**
 * The metadata of a header, checked as strictly as they will be when they are read.
 * @param options.hasBytes whether the file keeps pixels as bytes
 * @throws SnowglobeError naming the field
 */
export function writeWorldMetadata(
  world: WorldMetadata,
  source: string,
  { hasBytes = false }: { readonly hasBytes?: boolean } = {},
): Map<string, string> {
  const hasTables = Object.values(world.quantization?.weights ?? {}).some(({ table }) => table);
  const fields = { format: WORLD_FORMAT, version: hasBytes || hasTables ? 2 : 1, ...world };
  check(fields, source);
  const written = Object.entries(fields).filter(([, value]) => value !== undefined);
  return new Map(
    written.map(([field, value]) => [field, field === 'format' ? WORLD_FORMAT : JSON.stringify(value)]),
  );
}

function check(fields: unknown, source: string): UncheckedMetadata {
  const result = v.safeParse(schema, fields, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    const remedy =
      issue.type === 'strict_object' && issue.expected === 'never'
        ? 'update Snowglobe, or remove the field'
        : issue.received === 'undefined'
          ? 'make the world again'
          : 'correct it';
    throw new SnowglobeError(`${source}: ${describeIssue(issue)}; ${remedy}.`);
  }
  const {
    format: _format,
    version: _version,
    family,
    config,
    measurements: measured,
    codeToAction,
    keys: known,
    play: defaults,
    quantization: inFewBits,
    ...rest
  } = result.output;
  return {
    ...(family !== undefined && { family }),
    config,
    ...rest,
    ...(measured && { measurements: measured }),
    ...(codeToAction && { codeToAction }),
    ...(known && { keys: known }),
    ...(defaults && { play: defaults }),
    ...(inFewBits && { quantization: inFewBits as WorldQuantization }),
  };
}
