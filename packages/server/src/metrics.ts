import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { DeviceStatus } from '@snowglobe/runtime';
import type { ServerEvent } from './events.js';

export interface Metrics {
  readonly contentType: string;
  observe(event: ServerEvent): void;
  /** All of them in Prometheus' text format. */
  text(): Promise<string>;
}

/** What is read when somebody asks. */
export interface MetricSources {
  readonly places: { readonly taken: number; readonly most: number };
  /** The devices of each world that is open. */
  devices(): readonly (readonly [world: string, devices: readonly DeviceStatus[]])[];
  bytesSent(): number;
}

/** From a world that is drawn in a millisecond to one that nobody would play. */
const stepBuckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56];

/** Counts what happens on a server, with the process' own figures: memory, processor time, delay of its event loop. */
export function createMetrics({ places, devices, bytesSent }: MetricSources): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read());
      },
    });
  };
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames: ['world'] as const, buckets: stepBuckets, registers });

  gauge('snowglobe_sessions', 'Sessions that are connected', () => places.taken);
  gauge('snowglobe_places', 'Sessions that may be connected at once', () => places.most);
  const deviceGauge = (name: string, help: string, read: (status: DeviceStatus) => number): void => {
    new Gauge({
      ...{ name: `snowglobe_device_${name}`, help, registers },
      labelNames: ['world', 'device'] as const,
      collect() {
        this.reset();
        for (const [world, all] of devices()) {
          for (const status of all) this.set({ world, device: status.name }, read(status));
        }
      },
    });
  };
  deviceGauge('up', '1 where the device is open, 0 where it is lost', ({ state }) =>
    Number(state === 'open'),
  );
  deviceGauge(
    'sessions',
    'Sessions that asked the device for something in the last 5 seconds',
    ({ interactive, batch }) => interactive + batch,
  );
  deviceGauge('load', 'Share of the last seconds in which the device drew', ({ load }) => load);
  deviceGauge(
    'slowdown',
    'How many times as long as measured frames take on the device',
    ({ slowdown }) => slowdown,
  );
  deviceGauge(
    'state_bytes',
    'Bytes of sessions on the device',
    ({ states, stateBytes }) => states * stateBytes,
  );
  deviceGauge('losses', 'Times that the device was lost', ({ losses }) => losses);
  const bytes = counter('snowglobe_sent_bytes_total', 'Bytes sent to players');
  const connections = counter('snowglobe_connections_total', 'Connections that got a place', ['wire']);
  const starts = counter('snowglobe_starts_total', 'Sessions begun from a prompt or resumed', [
    'world',
    'how',
  ]);
  const frames = counter('snowglobe_frames_total', 'Frames sent', ['world']);
  const steps = histogram(
    'snowglobe_step_seconds',
    'Time to draw a frame, waiting for other sessions included',
  );
  const late = histogram(
    'snowglobe_lateness_seconds',
    'By how much an answer took longer than the world shows a frame; 0 when in time',
  );
  const refusals = counter('snowglobe_refusals_total', 'Connections and requests refused', ['reason']);
  const faults = counter('snowglobe_faults_total', 'Failures that are no fault of a player');
  const moves = counter(
    'snowglobe_moves_total',
    'Sessions moved from a device that was lost or did not keep up',
  );
  let counted = 0;

  return {
    contentType: register.contentType,
    observe(event) {
      switch (event.event) {
        case 'connected':
          return connections.inc({ wire: event.wire });
        case 'started':
        case 'resumed':
          return starts.inc({ world: event.world, how: event.event });
        case 'frame': {
          const { world, stepMs, answerMs, periodMs } = event;
          frames.inc({ world });
          steps.observe({ world }, stepMs / 1000);
          return late.observe({ world }, Math.max(0, answerMs - periodMs) / 1000);
        }
        case 'refused':
          return refusals.inc({ reason: event.reason });
        case 'moved':
          return moves.inc();
        case 'fault':
          return faults.inc();
        case 'closed':
          return;
      }
    },
    async text() {
      const sent = bytesSent();
      bytes.inc(sent - counted);
      counted = sent;
      return register.metrics();
    },
  };
}
