/** What a balancer and Prometheus ask: whether the server is well, and how much it does. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from './metrics.js';
import type { DeviceStatus } from '@snowglobe/runtime';
import type { Places } from './places.js';
import type { WorldPool } from './world_pool.js';

export interface ProbeOptions {
  readonly pool: Pick<WorldPool, 'devices' | 'names'>;
  readonly places: Places;
  readonly metrics: Metrics;
  /** Whether it takes nobody any more. */
  isEnding(): boolean;
  onBug(error: unknown): void;
}

/** What `/healthz` answers. */
export interface Health {
  /** False while the server ends: then the status is 503. */
  readonly ok: boolean;
  readonly worlds: readonly string[];
  /** Sessions that are being played, of `places` at most. */
  readonly sessions: number;
  readonly places: number;
}

/** What `/devices` answers. */
export interface ServedDevices {
  /** Those that somebody has opened. */
  readonly worlds: readonly { readonly world: string; readonly devices: readonly DeviceStatus[] }[];
}

/**
 * Answers `/healthz`, `/metrics`, `/devices`, and `/env/health`, which OpenEnv's client asks. Whoever may connect may know: there is nothing about
 * players in them.
 * @returns whether the path was one of them
 */
export function createProbes({ pool, places, metrics, isEnding, onBug }: ProbeOptions) {
  return (path: string | undefined, request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const send = (type: string, text: string): void => {
      response.writeHead(isEnding() ? 503 : 200, {
        ...{ 'content-type': type, 'content-length': Buffer.byteLength(text) },
        ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    switch (path) {
      case '/healthz': {
        const health: Health = {
          ...{ ok: !isEnding(), worlds: pool.names },
          ...{ sessions: places.taken, places: places.most },
        };
        send('application/json', `${JSON.stringify(health)}\n`);
        return true;
      }
      case '/devices': {
        const worlds = pool.devices().map(([world, devices]) => ({ world, devices }));
        send('application/json', `${JSON.stringify({ worlds } satisfies ServedDevices)}\n`);
        return true;
      }
      case '/env/health':
        send('application/json', `${JSON.stringify({ status: isEnding() ? 'unhealthy' : 'healthy' })}\n`);
        return true;
      case '/metrics':
        metrics.text().then(
          (text) => send(metrics.contentType, text),
          (error: unknown) => {
            onBug(error);
            response.destroy();
          },
        );
        return true;
      default:
        return false;
    }
  };
}
