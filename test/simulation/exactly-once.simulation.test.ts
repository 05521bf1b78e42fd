import { describe, expect, it } from 'vitest';
import { deriveSeed, seededRandom, type Random } from '../../src/runtime/random.ts';
import type { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { Mortality } from '../../src/simulation/mortal-edges.ts';
import { memoryDisk } from './journal-disks.ts';
import {
  checkEnd,
  checkRestorable,
  newGateway,
  newSimulation,
  openCoordinator,
  settle,
  startJob,
  until,
  type RunningJob,
  type Simulation,
  type SimulationOptions,
} from './simulated-job.ts';

const SEEDS = Number(process.env['TIDEMARK_SEEDS'] ?? 60);
const FIRST_SEED = Number(process.env['TIDEMARK_FIRST_SEED'] ?? 1);
/** Mishaps end after this many virtual ms, so that the job can end too. */
const MISHAPS_MS = 160;

const tasks = [
  ['source', 2],
  ['counter', 3],
  ['sink', 1],
] as const;

/** A job that lives through mishaps drawn from its seed; each mishap is a line of its programme. */
class TroubledJob {
  readonly simulation: Simulation;
  readonly programme: string[] = [];
  readonly #random: Random;
  #gateway: RunningJob['gateway'];
  #life: Mortality;
  #coordinator: CheckpointCoordinator | undefined;
  #running: RunningJob | undefined;

  constructor(options: Omit<SimulationOptions, 'disk'>) {
    this.simulation = newSimulation({ restarts: 1_000, ...options, disk: memoryDisk() });
    this.#random = seededRandom(deriveSeed(options.seed, 'mishaps'));
    this.#gateway = newGateway(this.simulation);
    this.#life = newLife();
  }

  /** What does not hold in the end. */
  async live(): Promise<readonly string[]> {
    const { simulation } = this;
    await this.#open();
    while (this.#running?.end === undefined && simulation.clock.monotonic() < MISHAPS_MS) {
      const next = simulation.clock.monotonic() + 1 + this.#random.integer(30);
      await until(simulation, 'the next mishap', () => this.#isOver || simulation.clock.monotonic() >= next);
      if (!this.#isOver) await this.#mishap();
    }
    await until(simulation, 'the end of the job', () => this.#isOver);
    const { end } = this.#running!;
    if (this.#coordinator !== undefined) {
      await settle(simulation, 'the end of all discards', this.#coordinator.settled());
      await settle(simulation, 'closing', this.#coordinator.close());
    }
    const status = end instanceof Error ? end.message : end?.status;
    return [...(status === 'FINISHED' ? [] : [`the job ended: ${status}`]), ...checkEnd(simulation)];
  }

  get #isOver(): boolean {
    return this.#running?.end !== undefined;
  }

  async #mishap(): Promise<void> {
    const at = this.simulation.clock.monotonic().toFixed(1);
    const draw = this.#random.integer(4);
    if (draw < 2) {
      const [vertex, parallelism] = tasks[this.#random.integer(tasks.length)]!;
      const subtask = this.#random.integer(parallelism);
      this.programme.push(`${at} ms: fail ${vertex}#${subtask}`);
      this.#running?.job?.failTask(vertex, subtask);
      return;
    }
    this.programme.push(`${at} ms: crash the ${draw === 2 ? 'coordinator' : 'process'}`);
    this.#life.kill('send');
    this.#coordinator?.abandon();
    this.simulation.disk.current = this.simulation.disk.current.copy();
    await checkRestorable(this.simulation);
    if (draw === 3) {
      this.#running?.job?.halt(new Error('the process died'));
      this.#running = undefined;
      this.#gateway = newGateway(this.simulation);
    }
    this.#life = newLife();
    await this.#open();
  }

  async #open(): Promise<void> {
    const opening = openCoordinator(this.simulation, this.#gateway, this.#life);
    const coordinator = await settle(this.simulation, 'a coordinator', opening);
    this.#coordinator = coordinator;
    if (coordinator.statistics.jobStatus === 'finished') {
      this.#running = { gateway: this.#gateway, end: { status: 'FINISHED', message: 'before the crash' } };
    } else if (this.#running?.job === undefined)
      this.#running = startJob(this.simulation, this.#gateway, coordinator);
    else this.#running.job.replaceCoordinator(coordinator);
  }
}

const newLife = (): Mortality => new Mortality({ isLast: () => false, onCrash: () => {} });

const runSeeds = async (options: Omit<SimulationOptions, 'disk' | 'seed'>): Promise<readonly string[]> => {
  const failures: string[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const job = new TroubledJob({ ...options, seed });
    const violations = await job.live().catch((error: unknown) => [String(error)]);
    if (violations.length === 0) continue;
    failures.push([`seed ${seed}: ${violations.join('; ')}`, ...job.programme].join('\n  '));
  }
  return failures;
};

describe('a job among mishaps', () => {
  it('commits every word once, whatever fails', async () => {
    expect(await runSeeds({})).toEqual([]);
  });

  it('commits every word once on a storage that fails now and then (T-051)', async () => {
    expect(await runSeeds({ faultOneIn: 40 })).toEqual([]);
  });

  it('loses or doubles words when a task does not wait for all its barriers', async () => {
    const failures = await runSeeds({ releaseAlignmentEarly: true });
    expect(
      failures.filter((failure) => /\d committed, \d+ in the text/.test(failure)).length,
    ).toBeGreaterThan(0);
  });
});
