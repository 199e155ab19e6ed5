import type { DeviceCapabilities } from './capabilities.js';
import bySubgroups from './subgroup_reduce.wgsl';
import byWorkgroup from './workgroup_reduce.wgsl';

/** What a shader with subgroup operations enables. */
export const subgroupDirectives: readonly string[] = ['subgroups'];

export const hasSubgroups = ({ features }: DeviceCapabilities): boolean => features.has('subgroups');

/** `sum_of_all` and `largest_of_all`, which reduce a number a thread over a workgroup of WORKGROUP_SIZE threads. */
export const reductions = { byWorkgroup, bySubgroups } as const;

/**
 * Lanes of the vector that a driver which computes on the CPU makes of a subgroup's threads; 0 for GPUs, and where subgroups have no
 * certain size.
 */
export const vectorLanes = ({
  isSoftware,
  subgroupMinSize,
  subgroupMaxSize,
}: Pick<DeviceCapabilities, 'isSoftware' | 'subgroupMinSize' | 'subgroupMaxSize'>): number =>
  isSoftware && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 0;
