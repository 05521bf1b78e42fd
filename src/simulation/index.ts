/** Entry of `tidemark/testing`: virtual time, faulty and mortal edges, and a simulated dataflow. */
export {
  virtualClock,
  type RunOptions,
  type VirtualClock,
  type VirtualClockOptions,
} from './virtual-clock.ts';
export { faultyStorage, type FaultyStorageOptions } from './faulty-storage.ts';
export {
  mortalGateway,
  mortalJournal,
  mortalStorage,
  Mortality,
  type CrashPoint,
  type MortalOptions,
} from './mortal-edges.ts';
