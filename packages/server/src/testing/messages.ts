/** Messages of strangers, for `fc.assert`. */
import { encode } from '@msgpack/msgpack';
import { protocolVersion } from '@snowglobe/runtime/internal';
import fc from 'fast-check';

/** What a request may have, and what it may not. */
const odd = fc.oneof(
  fc.constantFrom(
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 53,
    NaN,
    Infinity,
    '',
    'right',
    'coinrun',
    '__proto__x',
    'x'.repeat(100),
  ),
  fc.string(),
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.integer(), { maxLength: 5 }),
  fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
    fc.integer(),
    { maxKeys: 4 },
  ),
);
const orOdd = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: right }, { weight: 1, arbitrary: odd });
const picture = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 3, max: 4 }))
  .chain(([width, height, channels]) =>
    fc.record({
      width: orOdd(fc.constant(width)),
      height: orOdd(fc.constant(height)),
      data: orOdd(fc.constant(new Uint8Array(width * height * channels))),
    }),
  );
const requestFields = {
  id: orOdd(fc.nat(1000)),
  type: orOdd(
    fc.constantFrom(
      'open',
      'start',
      'step',
      'rewind',
      'map',
      'ahead',
      'preview',
      'snapshot',
      'resume',
      'rejoin',
      'leave',
    ),
  ),
  protocol: orOdd(fc.constant(protocolVersion)),
  world: orOdd(fc.constantFrom('coinrun-int4', 'moon')),
  prompt: orOdd(picture),
  seed: orOdd(fc.integer()),
  temperature: orOdd(fc.double()),
  action: orOdd(fc.constantFrom('right', 'jump', 3)),
  index: orOdd(fc.nat(5)),
  codes: orOdd(fc.boolean()),
  saved: orOdd(fc.uint8Array({ maxLength: 64 })),
  keep: orOdd(fc.boolean()),
  session: orOdd(fc.string({ maxLength: 32 })),
  token: orOdd(fc.string({ maxLength: 32 })),
  answered: orOdd(fc.nat(5)),
  frames: orOdd(fc.nat(20)),
};
const fieldsOf = (type: string, ...names: (keyof typeof requestFields)[]) => {
  const rest = Object.fromEntries(names.map((name) => [name, requestFields[name]]));
  return fc.record({ ...rest, id: requestFields.id, type: orOdd(fc.constant(type)) });
};
/** Messages that can be decoded, most of them nearly right. */
export const decodable = fc
  .oneof(
    fieldsOf('snapshot'),
    fc.record({ type: fc.constant('map'), id: requestFields.id }),
    fc.record({ type: fc.constant('preview'), id: requestFields.id, prompt: requestFields.prompt }),
    fc.record({ ...requestFields, type: requestFields.type }, { requiredKeys: ['type'] }),
    fc.record({
      type: fc.constant('open'),
      id: requestFields.id,
      protocol: requestFields.protocol,
      world: requestFields.world,
    }),
    fc.record({
      type: fc.constant('start'),
      id: requestFields.id,
      prompt: requestFields.prompt,
      seed: requestFields.seed,
      keep: requestFields.keep,
    }),
    fc.record({ type: fc.constant('step'), id: requestFields.id, action: requestFields.action }),
    fc.record({ type: fc.constant('rewind'), id: requestFields.id, index: requestFields.index }),
    fieldsOf('resume', 'saved', 'keep'),
    fieldsOf('rejoin', 'session', 'token', 'answered'),
    fieldsOf('leave'),
    fieldsOf('ahead', 'action', 'frames', 'temperature'),
    odd,
  )
  .map((message) => encode(message));

/** Headers that claim more than is there, a byte that is changed, a message that is cut, bytes of no meaning, a text. */
export const undecodable = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(0xdd, 0xdf, 0xdb, 0xc6, 0xc9, 0xdc, 0xde, 0x91, 0x81),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.integer({ min: 1, max: 400 }),
    )
    .map(([kind, length, times]) => Buffer.alloc(times * 5, Uint8Array.of(kind, ...length))),
  fc.tuple(decodable, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    const changed = Uint8Array.from(bytes);
    changed[at % changed.length] = value;
    return changed;
  }),
  fc.tuple(decodable, fc.nat()).map(([bytes, at]) => bytes.slice(0, at % bytes.length)),
  fc.uint8Array({ maxLength: 100 }),
  fc.string(),
);
