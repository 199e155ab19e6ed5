import { availableParallelism, cpus, totalmem } from 'node:os';
import type { DeviceReport, ExecutorReport } from '@snowglobe/runtime';
import type { Found } from '@snowglobe/runtime/internal';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from '../command.js';
import type { PlannedGraph } from '../memory_plan.js';
import { planOn } from '../memory_plan.js';
import { indent, table } from '../text.js';

interface Options {
  readonly device?: string;
  readonly all?: true;
  readonly plan?: true;
  readonly watch?: URL | true;
}

/** Shows what worlds can run on here, what would be chosen, and why. */
export const devices: Command<Options> = {
  name: 'devices',
  summary: 'show adapters and executors, which would be chosen, and why',
  examples: [
    ['devices', 'what worlds run on here'],
    ['devices --all --json', 'every adapter with its features and limits, for a program'],
    ['devices --plan', 'the memory that a frame takes in the default world'],
    ['devices --device llvmpipe', 'what naming a device would change'],
    ['devices --watch', 'what the server on this machine plays on, and how busy that is, once a second'],
    ['devices --watch http://play.example:8420', 'the same of a server elsewhere'],
  ],
  configure(command) {
    command
      .option('--device <name>', 'part of the name of the adapter to choose (default: SNOWGLOBE_DEVICE)')
      .option('--all', 'look for adapters that compute on the CPU even where there is a GPU')
      .addOption(
        new Option(
          '--watch [address]',
          'show how busy the devices of a running server are, until Ctrl-C (default: http://localhost:8420)',
        )
          .argParser(serverAddress)
          .conflicts(['device', 'all', 'plan']),
      )
      .option('--plan', 'compile the default world on the chosen adapter and show its memory plan');
  },
  isEndless: ({ watch }) => watch !== undefined,
  async run({ options, answer, signal }) {
    if (options.watch !== undefined) {
      const { watchDevices } = await import('../watch_devices.js');
      const server = options.watch === true ? new URL('http://localhost:8420') : options.watch;
      return watchDevices(server, { answer, signal, redraws: process.stdout.isTTY });
    }
    const { discoverDevices } = await import('@snowglobe/runtime');
    const { chooseDevice, chooseExecutor, formatBytes } = await import('@snowglobe/runtime/internal');
    const wanted = options.device ?? (process.env['SNOWGLOBE_DEVICE'] || undefined);
    const software = options.all || wanted !== undefined ? 'all' : 'auto';
    const { candidates, notes } = await discoverDevices({ software });
    const { chosen, reports } = chooseDevice(candidates, wanted);
    const adapter = reports.find((report) => report.chosen);
    const executors = chooseExecutor({ adapter, onnx: await findOnnx() });
    const plan = options.plan && chosen ? await planOn(chosen) : [];
    const machine = {
      platform: process.platform,
      arch: process.arch,
      node: process.versions.node,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      threads: availableParallelism(),
      memoryBytes: totalmem(),
    };
    const { cpu, threads, memoryBytes } = machine;
    const text = [
      `Machine: ${machine.platform} ${machine.arch}, Node ${machine.node}, ${cpu}, ${threads} threads, ${formatBytes(memoryBytes)}`,
      'Executors, best first (* would be chosen):',
      indent(table(executors.map(executorRow))),
      'Adapters for webgpu, best first:',
      indent(reports.map((report) => describe(report, formatBytes)).join('\n') || 'none'),
      ...(options.plan ? [`Memory plan:\n${indent(describePlan(plan, formatBytes))}`] : []),
      ...notes,
    ];
    const json = {
      machine,
      executors,
      devices: reports,
      ...(options.plan ? { plan } : {}),
      notes,
    };
    return { json, text: text.join('\n') };
  },
};

function serverAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new InvalidArgumentError('It must be the address of a server, such as http://localhost:8420.');
}

/** Whether onnxruntime's binary loads on this platform shows when an executor is made. */
async function findOnnx(): Promise<Found['onnx']> {
  const { createNodeOnnxExecutor } = await import('@snowglobe/runtime');
  try {
    const executor = createNodeOnnxExecutor();
    await executor.close();
    return { device: executor.device };
  } catch (error) {
    return { failure: `does not load here: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function executorRow({ kind, chosen, available, device, reason }: ExecutorReport): string[] {
  return [chosen ? '*' : ' ', kind, available ? device : '-', reason];
}

/** Features that kernels and measurements use; `--json` has them all. */
const usedFeatures = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix', 'timestamp-query'];
/** Limits that decide what fits and how kernels are tiled. */
const shownLimits = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
] as const;

function describe(report: DeviceReport, formatBytes: (bytes: number) => string): string {
  const { name, chosen, kind, backend, driver, features, limits, reason } = report;
  const limit = (key: (typeof shownLimits)[number]) => formatBytes(limits[key] ?? 0);
  const rows = [
    ['why', reason],
    ['driver', driver || 'does not tell'],
    [
      'features',
      usedFeatures.filter((each) => features.includes(each)).join(', ') || 'none that kernels use',
    ],
    [
      'limits',
      `${limit(shownLimits[0])} a binding, ${limit(shownLimits[1])} a buffer, ${limit(shownLimits[2])} of workgroup memory, ` +
        `${limits['maxComputeInvocationsPerWorkgroup'] ?? 0} invocations a workgroup`,
    ],
  ];
  return `${chosen ? '*' : ' '} ${name} (${kind}, ${backend})\n${indent(table(rows), 4)}`;
}

function describePlan(plan: readonly PlannedGraph[], formatBytes: (bytes: number) => string): string {
  if (plan.length === 0) return 'none: it needs an adapter';
  return plan
    .map(({ name, variableBytes, unsharedBytes, peakBytes, submitsPerRun, dispatchesPerRun }) => {
      const memory = `${formatBytes(variableBytes)} of weights, intermediate results ${formatBytes(peakBytes)} at the peak`;
      const saved = `(${formatBytes(unsharedBytes)} without fusing and sharing)`;
      return `${name}: ${memory} ${saved}, ${dispatchesPerRun} dispatches in ${submitsPerRun} submit`;
    })
    .join('\n');
}
