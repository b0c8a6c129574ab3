export { type AccessNetwork, ADDRESSES, openAccessNetwork, SERVER_PORTS } from './access-network.ts';
export { type CommandOptions, type Ended, mustRun, Running, runCommand } from './command.ts';
export {
  compareSnapshots,
  type HostSnapshot,
  type SnapshotDifference,
  snapshotHost,
  snapshotSize,
} from './host-snapshot.ts';
export { Lab, labRefusal, sweep } from './lab.ts';
export { Namespace } from './namespace.ts';
export { type Flow, Observer, PYTHON, toolPath } from './observer.ts';
export { WireguardEnd } from './wireguard-end.ts';
