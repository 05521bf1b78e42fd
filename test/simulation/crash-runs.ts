/**
 * Runs with one crash at a numbered point: of the coordinator alone, of the whole process, or with a zombie left
 * behind.
 */
import { Mortality } from '../../src/simulation/mortal-edges.ts';
import type { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import type { TaskCommand } from '../../src/tasks/gateway.ts';
import {
  checkEnd,
  checkRestorable,
  immortal,
  newGateway,
  newSimulation,
  openCoordinator,
  recordedAcknowledgements,
  settle,
  startJob,
  until,
  type CrashPoint,
  type RunningJob,
  type Simulation,
  type SimulationOptions,
} from './simulated-job.ts';

/** What dies. `zombie`: nobody does; a second coordinator takes over from one that lives on. */
export type Casualty = 'coordinator' | 'process' | 'zombie';

export interface CrashRun {
  readonly simulation: Simulation;
  readonly casualty: Casualty;
  /** The crash comes at this point, counted from 0; a run that has fewer points ends without a crash. */
  readonly crashAt: number;
  readonly points: CrashPoint[];
}

/** `crash of the coordinator at point 17 (durable), seed 3`. */
export const describeRun = (run: CrashRun): string =>
  `crash of the ${run.casualty} at point ${run.crashAt} (${run.points[run.crashAt] ?? 'none'}), seed ${run.simulation.options.seed}`;

interface Present {
  coordinator: CheckpointCoordinator | undefined;
  running: RunningJob | undefined;
  gateway: RunningJob['gateway'];
  crashed: boolean;
}

const countingLife = (run: CrashRun, present: Present, onCrash: () => void): Mortality =>
  new Mortality({
    isLast: (point) => {
      // One that still opens is no zombie: it is the one that takes over.
      if (run.casualty === 'zombie' && present.running === undefined) return false;
      run.points.push(point);
      const isHere = run.points.length - 1 === run.crashAt;
      if (isHere && run.casualty === 'zombie') onCrash();
      return isHere && run.casualty !== 'zombie';
    },
    onCrash,
  });

/** Opens the next coordinator after a crash, on a byte copy of the disk (a zombie keeps writing to the same one). */
const succeed = async (run: CrashRun, present: Present): Promise<void> => {
  const { simulation, casualty } = run;
  if (casualty !== 'zombie') {
    present.coordinator?.abandon();
    const before = simulation.disk.current;
    simulation.disk.current = before.copy();
    before.dispose();
  }
  if (casualty === 'process') {
    present.gateway = newGateway(simulation);
    if (present.running?.end === undefined) {
      present.running?.job?.halt(new Error('the process died'));
      present.running = undefined;
    }
  }
  await checkRestorable(simulation);
  const recorded = casualty === 'zombie' ? undefined : await recordedAcknowledgements(simulation);
  const heard = simulation.record.commands.length;
  const opening = openCoordinator(simulation, present.gateway, immortal());
  const coordinator = await settle(simulation, 'the next coordinator', opening);
  present.coordinator = coordinator;
  if (recorded !== undefined) checkTriggers(run, recorded, simulation.record.commands.slice(heard));
  // A job that has ended has only its clean-up left.
  if (present.running?.end !== undefined) return;
  if (coordinator.statistics.jobStatus === 'finished') {
    present.running = { gateway: present.gateway, end: { status: 'FINISHED', message: 'before the crash' } };
    return;
  }
  if (present.running?.job === undefined)
    present.running = startJob(simulation, present.gateway, coordinator);
  else present.running.job.replaceCoordinator(coordinator);
};

/** Recorded acknowledgements are not asked for again. */
const checkTriggers = (
  { simulation }: CrashRun,
  recorded: ReadonlyMap<number, ReadonlySet<number>>,
  commands: readonly TaskCommand[],
): void => {
  for (const command of commands) {
    if (command.type !== 'trigger') continue;
    const again = command.slots.filter((slot) => recorded.get(command.checkpointId)?.has(slot) ?? false);
    if (again.length > 0)
      simulation.record.violations.push(`${command.checkpointId}: slots ${again.join()} asked again`);
  }
};

/** What a newer checkpoint may do to one in flight. */
const overtaken: ReadonlySet<string> = new Set(['CHECKPOINT_SUBSUMED', 'CHECKPOINT_DECLINED_SUBSUMED']);

/** In-flight checkpoints of living tasks end complete under their ids, unless a newer one makes them obsolete. */
const checkResumed = (run: CrashRun, coordinator: CheckpointCoordinator): void => {
  const { simulation } = run;
  if (run.casualty === 'process' || simulation.options.faultOneIn !== undefined) return;
  const { shown, violations } = simulation.record;
  for (const { checkpointId } of coordinator.recovery.resumed) {
    const aborted = shown.find(
      (fact) =>
        fact.type === 'checkpoint.aborted' &&
        fact.checkpointId === checkpointId &&
        !overtaken.has(fact.reason),
    );
    if (aborted !== undefined) violations.push(`checkpoint ${checkpointId} was in flight and is aborted`);
  }
};

/** Waits for the discards of an ended job and closes, unless the coordinator dies over it. */
const cleanUp = async (simulation: Simulation, present: Present, life: Mortality): Promise<void> => {
  const { coordinator } = present;
  if (coordinator === undefined) return;
  let isClosed = false;
  void coordinator
    .settled()
    .then(() => coordinator.close())
    .then(() => (isClosed = true));
  await until(simulation, 'the end of all discards', () => isClosed || life.isDead);
};

/** Runs one crash to the end of the job; what does not hold, as text. */
export const runWithCrash = async (
  options: SimulationOptions,
  casualty: Casualty,
  crashAt: number,
): Promise<{ readonly run: CrashRun; readonly violations: readonly string[] }> => {
  const simulation = newSimulation(options);
  const run: CrashRun = { simulation, casualty, crashAt, points: [] };
  const present: Present = {
    coordinator: undefined,
    running: undefined,
    gateway: newGateway(simulation),
    crashed: false,
  };
  const life = countingLife(run, present, () => {
    present.crashed = true;
    if (casualty !== 'zombie') present.coordinator?.abandon();
  });
  void openCoordinator(simulation, present.gateway, life).then((coordinator) => {
    present.coordinator = coordinator;
    // A coordinator that dies while it opens is never heard of.
    if (!life.isDead) present.running = startJob(simulation, present.gateway, coordinator);
  });
  const isOver = (): boolean => present.running?.end !== undefined;
  await until(simulation, 'the end of the job or the crash', () => isOver() || present.crashed);
  if (!present.crashed) await cleanUp(simulation, present, life);
  if (present.crashed) {
    await succeed(run, present);
    await until(simulation, 'the end of the job', isOver);
    await cleanUp(simulation, present, immortal());
    if (present.coordinator !== undefined) checkResumed(run, present.coordinator);
  }
  const { running } = present;
  simulation.disk.current.dispose();
  const ended = running?.end;
  const status = ended instanceof Error ? ended.message : ended?.status;
  const violations = checkEnd(simulation);
  return {
    run,
    violations: status === 'FINISHED' ? violations : [`the job ended: ${status}`, ...violations],
  };
};
