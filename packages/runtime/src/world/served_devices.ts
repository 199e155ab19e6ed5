import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(4000));
const status = v.object({
  ...{ name: text, why: text, device: text },
  state: v.picklist(['open', 'opening', 'lost']),
  kind: v.optional(v.picklist(['webgpu', 'onnx', 'reference'])),
  frameTimes: v.pipe(v.array(v.object({ rows: count, ms: amount })), v.maxLength(64)),
  ...{ interactive: count, batch: count, states: count, mostStates: count, losses: count, departures: count },
  ...{ slowdown: amount, load: amount, framesPerSecond: amount, stateBytes: amount, weightBytes: amount },
});
const schema = v.object({
  worlds: v.pipe(
    v.array(v.object({ world: text, devices: v.pipe(v.array(status), v.maxLength(64)) })),
    v.maxLength(10_000),
  ),
});

/** What a server tells of the devices that its worlds are open on, as `World.devices` of each. */
export type ServedDevices = v.InferOutput<typeof schema>;

/** Reads what a server has answered; undefined where that is something else. */
export function parseServedDevices(value: unknown): ServedDevices | undefined {
  const read = v.safeParse(schema, value);
  return read.success ? read.output : undefined;
}
