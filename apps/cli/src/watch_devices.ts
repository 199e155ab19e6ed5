import { setTimeout as sleep } from 'node:timers/promises';
import { SnowglobeError } from '@snowglobe/graph';
import type { ServedDevices } from '@snowglobe/runtime/internal';
import { formatBytes, parseServedDevices } from '@snowglobe/runtime/internal';
import type { Result } from './command.js';
import { indent, table } from './text.js';

/** Between two looks, in ms. */
const everyMs = 1000;
/** Until a server that does not answer is given up, in ms. */
const patienceMs = 5000;

/** Asks a server once. @throws SnowglobeError where it does not answer, or answers something else */
async function look(address: URL): Promise<ServedDevices> {
  let value: unknown;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(patienceMs) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    value = await response.json();
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new SnowglobeError(
      `devices: ${address.href} does not answer (${why}); start snowglobe serve or play there, or give another address.`,
    );
  }
  const served = parseServedDevices(value);
  if (served) return served;
  throw new SnowglobeError(
    `devices: ${address.href} answers something else than what devices there are; is it a server of this version of snowglobe?`,
  );
}

/** Shows what a server plays on, again and again, until it is told to stop. */
export async function watchDevices(
  server: URL,
  {
    answer,
    signal,
    redraws,
  }: {
    answer(result: Result): Promise<void>;
    readonly signal: AbortSignal;
    /** Whether each look takes the place of the one before on the screen. */
    readonly redraws: boolean;
  },
): Promise<void> {
  const address = new URL('devices', server.href.endsWith('/') ? server.href : `${server.href}/`);
  while (!signal.aborted) {
    const served = await look(address);
    const text = devicesText(served);
    await answer({ json: served, text: redraws ? `\u001B[H\u001B[J${text}` : `${text}\n` });
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}

/** How busy devices are, for people. */
export function devicesText({ worlds }: ServedDevices): string {
  if (worlds.length === 0) return 'No world is open yet: one is opened when somebody plays it.';
  return worlds
    .map(({ world, devices }) => {
      const head = [
        'device',
        'state',
        'sessions',
        'frames/s',
        'load',
        'ms by sessions',
        'now',
        'memory',
        'lost',
        'left',
      ];
      return `${world}\n${indent(table([head, ...devices.map(row)]))}`;
    })
    .join('\n');
}

function row(each: ServedDevices['worlds'][number]['devices'][number]): string[] {
  const { name, device, state, why, interactive, batch, framesPerSecond, load, frameTimes, slowdown } = each;
  const { states, mostStates, stateBytes, weightBytes, losses, departures } = each;
  return [
    device === '' || device === name ? name : `${name} (${device})`,
    state === 'lost' ? `lost: ${why}` : state,
    batch > 0 ? `${interactive} + ${batch} batch` : String(interactive),
    framesPerSecond.toFixed(framesPerSecond < 10 ? 1 : 0),
    `${Math.round(100 * load)} %`,
    frameTimes.map(({ rows, ms }) => `${rows}: ${ms.toFixed(ms < 10 ? 1 : 0)}`).join(', ') || 'not measured',
    `x ${slowdown.toFixed(1)}`,
    `${states} of ${mostStates} states, ${formatBytes(weightBytes + states * stateBytes)}`,
    String(losses),
    String(departures),
  ];
}
