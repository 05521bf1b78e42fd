/** Entry of `tidemark/machines`: the statecharts, to visualize or to test against. */
export { checkpointMachine } from './checkpoint.ts';
export type { CheckpointContext, CheckpointSignal } from './checkpoint.ts';
export { coordinatorMachine } from './coordinator.ts';
export type { CoordinatorContext, CoordinatorSignal } from './coordinator.ts';
export { jobMachine } from './job.ts';
export type { JobSignal } from './job.ts';
export { schedulerMachine } from './scheduler.ts';
export type { SchedulerSignal } from './scheduler.ts';
export { taskMachine } from './task.ts';
export type { TaskContext, TaskSignal } from './task.ts';
