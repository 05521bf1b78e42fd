import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { configurationFrom } from '../../src/core/configuration.ts';
import { correctionText } from '../../src/core/configuration/corrections.ts';
import { openMemoryJournal, type MemoryJournal } from '../../src/journal/memory/journal.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import type { CoordinatorOptions } from '../../src/runtime/options.ts';
import { parseJobId } from '../../src/state/ids.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import { noMetrics } from '../../src/tasks/frame.ts';
import { inProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { rowGraph, scriptedGateway } from '../support/scripted-gateway.ts';

const jobId = parseJobId('00000000000000000000000000000abc');
const jobGraph = { ...rowGraph(1, 2), settings: { files: 'a.txt', format: '1' } };

const optionsOn = (journal: MemoryJournal, more: Partial<CoordinatorOptions> = {}): CoordinatorOptions => ({
  jobId,
  jobGraph,
  tasks: scriptedGateway([]),
  journal,
  storage: memoryStorage(),
  ...more,
});

const codeOf = async (work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> =>
  work.then(
    () => ({ code: 'nothing was refused', message: '' }),
    (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
  );

/** A journal in which one checkpoint completed, and its image from before that checkpoint. */
const runOnce = async (storage = memoryStorage()) => {
  const journal = openMemoryJournal();
  const tasks = inProcessTaskGateway({ clock: systemClock, jobId });
  const coordinator = await CheckpointCoordinator.open(optionsOn(journal, { tasks, storage }));
  const deployed = [0, 1].map((subtask) => {
    const task = tasks.deploy({ vertexId: jobGraph.vertices[0]!.id, subtask, attempt: 1 });
    task.commands$.subscribe(({ type, ...command }) => {
      if (type !== 'trigger' || !('checkpointId' in command)) return;
      const { checkpointId } = command;
      task.acknowledge({ checkpointId, metrics: noMetrics, claimedStateSizeBytes: 0, slices: [] });
    });
    return task;
  });
  await coordinator.restore(deployed.map((task) => task.living));
  await coordinator.jobStatus('RUNNING');
  const before = journal.image();
  await coordinator.triggerCheckpoint();
  await coordinator.close();
  return { journal, before, storage };
};

describe('opening a coordinator', () => {
  it('refuses a journal that is behind the storage: its tail was lost (C-289)', async () => {
    const { before, storage } = await runOnce();
    const refused = await codeOf(
      CheckpointCoordinator.open(optionsOn(openMemoryJournal(before), { storage })),
    );
    expect(refused.code).toBe('JOURNAL_BEHIND_STORAGE');
    expect(refused.message).toContain('the storage holds checkpoint 1');
  });

  it.each([
    ['other settings', { ...jobGraph, settings: { files: 'b.txt', format: '1' } }, ['b.txt', 'a.txt']],
    ['another parallelism', { ...rowGraph(1, 3), settings: jobGraph.settings }, ['3', '2']],
    ['more vertices', { ...rowGraph(2, 2), settings: jobGraph.settings }, ['2', '1']],
  ])('refuses a job with %s, names both values and changes nothing', async (_what, given, values) => {
    const { journal, storage } = await runOnce();
    const image = journal.image();
    const refused = await codeOf(
      CheckpointCoordinator.open(optionsOn(journal, { jobGraph: given, storage })),
    );
    expect(refused.code).toBe('JOB_MISMATCH');
    for (const value of values) expect(refused.message).toContain(value);
    expect(journal.image()).toEqual(image);
  });

  it('refuses a graph and a configuration that mean nothing before it touches the journal', async () => {
    const journal = openMemoryJournal();
    const noVertices = { vertices: [], settings: {} };
    expect(
      (await codeOf(CheckpointCoordinator.open(optionsOn(journal, { jobGraph: noVertices })))).code,
    ).toBe('CONFIGURATION_INVALID');
    const tooShort = { interval: 5 };
    const refused = await codeOf(CheckpointCoordinator.open(optionsOn(journal, { configuration: tooShort })));
    const iterative = {
      jobGraph: { ...jobGraph, isIterative: true },
      configuration: { interval: '1 s', unaligned: true },
    };
    const unaligned = await codeOf(CheckpointCoordinator.open(optionsOn(journal, iterative)));
    expect(unaligned.message).toContain('not supported for iterative jobs');
    expect(refused.message).toContain('Checkpoint interval must be larger than or equal to 10 ms');
    expect(await journal.streams()).toEqual([]);
  });

  it('journals the configuration in force with every word about it (C-312)', async () => {
    const map = { 'execution.checkpointing.interval': '1 s', 'execution.checkpointing.min-pause': '5 s' };
    const configuration = configurationFrom(map);
    const coordinator = await CheckpointCoordinator.open(optionsOn(openMemoryJournal(), { configuration }));
    const opening = await firstValueFrom(coordinator.facts$);
    const { configuration: inForce, corrections } = configuration;
    expect(inForce.intervalMs).toBe(5000);
    expect(corrections.map(correctionText)).toEqual([
      'execution.checkpointing.interval = 1 s → 5000 ms: an interval is never shorter than min-pause',
    ]);
    expect(opening).toContainEqual(
      expect.objectContaining({ type: 'coordinator.tookOver', configuration: inForce, corrections }),
    );
    await coordinator.close();
  });

  it('takes over from a coordinator that goes on appending, and counts what that one appended last', async () => {
    const { journal, storage } = await runOnce();
    const first = await CheckpointCoordinator.open(optionsOn(journal, { storage }));
    const [, second] = await Promise.all([
      first.jobStatus('RESTARTING', 'while the next one opens'),
      CheckpointCoordinator.open(optionsOn(journal, { storage })),
    ]);
    expect(second.recovery.term).toBe(3);
    expect(second.restarts).toBe(1);
    expect((await codeOf(first.jobStatus('RUNNING'))).code).toBe('COORDINATOR_FENCED');
    expect((await first.ended).how).toBe('fenced');
    await second.close();
  });
});
