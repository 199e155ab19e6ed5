/**
 * Hears what a device finds wrong outside of all error scopes, until the device is lost or closed. Implementations hold listeners
 * strongly and do not let go of them with the device (dawn): one that reaches its device by any closure would keep it, its threads and
 * its compiled pipelines for as long as the process lives.
 *
 * @returns stops hearing
 */
export function hearUncaptured(
  device: GPUDevice,
  hear: (event: GPUUncapturedErrorEvent) => void,
): () => void {
  device.addEventListener('uncapturederror', hear);
  const stop = (): void => device.removeEventListener('uncapturederror', hear);
  void device.lost.then(stop);
  return stop;
}
