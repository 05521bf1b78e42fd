import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { correctionText } from '../../src/core/configuration/corrections.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { coordinatorFor, type CoordinatorSettings } from '../../src/runtime/coordinator-for.ts';
import { memoryStorage } from '../../src/storage/memory/storage.ts';
import { coreGraph, coreJobId } from '../support/core-run.ts';
import { scriptedGateway } from '../support/scripted-gateway.ts';

const [source, sink] = coreGraph.vertices.map(({ id }) => id);

const settingsWith = (more: Partial<CoordinatorSettings> = {}): CoordinatorSettings => ({
  jobId: coreJobId,
  tasks: scriptedGateway([]),
  journal: openMemoryJournal(),
  configuration: { retention: 'RETAIN_ON_FAILURE' },
  ...more,
});

const refusal = (message: string) => expect.objectContaining({ code: 'CONFIGURATION_INVALID', message });

describe('a coordinator built from a job graph and settings', () => {
  it('opens on what was planned, and journals what was said about it', async () => {
    const map = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': 'file:///c' };
    const plan = coordinatorFor(coreGraph, settingsWith({ map, storage: () => memoryStorage() }));
    expect(plan?.vertices).toEqual({
      toTrigger: [source],
      toWaitFor: [source, sink],
      toCommitTo: [source, sink],
    });
    const coordinator = await plan?.open();
    const opening = await firstValueFrom(coordinator!.facts$);
    expect(opening).toContainEqual(
      expect.objectContaining({ type: 'coordinator.tookOver', ...plan?.report }),
    );
    expect(plan?.report.configuration).toMatchObject({
      intervalMs: 3_600_000,
      retention: 'RETAIN_ON_FAILURE',
    });
    expect(plan?.report.corrections.map(correctionText)).toEqual([
      'execution.checkpointing.dir = file:///c: it is for choosing a storage; a storage that is handed in goes by what it was made with',
    ]);
    await coordinator?.close();
  });

  it('chooses the storage by configuration when none is handed in', () => {
    const map = { 'execution.checkpointing.dir': 'file:///c' };
    const plan = coordinatorFor(coreGraph, settingsWith({ map }));
    expect(plan?.options.storage.name).toBe('filesystem');
    expect(plan?.report.corrections).toEqual([]);
  });

  it('says that directories mean nothing to the memory of the process', () => {
    const map = { 'state.checkpoints.dir': 'file:///c', 'execution.checkpointing.storage': 'jobmanager' };
    const plan = coordinatorFor(coreGraph, settingsWith({ map }));
    expect(plan?.report.corrections.map(correctionText)).toEqual([
      'state.checkpoints.dir = file:///c: the option is called execution.checkpointing.dir now',
      'state.checkpoints.dir = file:///c: the chosen storage is the memory of the process, which has no directories',
    ]);
  });

  it.each([
    [{ verticesToTrigger: ['f'.repeat(32)] }, 'f'.repeat(32)],
    [{ verticesToWaitFor: [...coreGraph.vertices.map(({ id }) => id), 'x'] }, 'x'],
    [{ verticesToCommitTo: ['y'] }, 'y'],
  ])('refuses vertices that the job does not have: %j', (more, id) => {
    expect(() => coordinatorFor(coreGraph, settingsWith(more))).toThrow(
      refusal(`The snapshot checkpointing settings refer to non-existent vertex ${id}`),
    );
  });

  it('takes vertices as they are by themselves, in any order, and refuses another choice as not possible yet', () => {
    const said = { verticesToTrigger: [source!], verticesToWaitFor: [sink!, source!] };
    expect(coordinatorFor(coreGraph, settingsWith(said))).toBeDefined();
    expect(() => coordinatorFor(coreGraph, settingsWith({ verticesToCommitTo: [sink!] }))).toThrow(
      refusal(
        `toCommitTo: another choice than ${source}, ${sink} is not possible yet; the difference is ${source}`,
      ),
    );
  });

  it('refuses settings without a policy of retention, and an unknown one by its name', () => {
    const policies = 'NEVER_RETAIN_AFTER_TERMINATION, RETAIN_ON_FAILURE, RETAIN_ON_CANCELLATION';
    expect(() => coordinatorFor(coreGraph, settingsWith({ configuration: {} }))).toThrow(
      refusal(`retention: no policy is given; say one of ${policies}`),
    );
    const unknown = settingsWith({ configuration: { retention: 'KEEP' } });
    expect(() => coordinatorFor(coreGraph, unknown)).toThrow(/^retention "KEEP": is not one of /);
    const map = { 'execution.checkpointing.externalized-checkpoint-retention': 'DELETE_ON_CANCELLATION' };
    const plan = coordinatorFor(coreGraph, settingsWith({ configuration: {}, map }));
    expect(plan?.report.configuration.retention).toBe('RETAIN_ON_FAILURE');
  });

  it('names the job and the cause when the storage of the application cannot be made', () => {
    const cause = new Error('no such class');
    const storage = (): never => {
      throw cause;
    };
    const message = `Could not deserialize application-defined state backend. Job ${coreJobId}: no such class`;
    expect(() => coordinatorFor(coreGraph, settingsWith({ storage }))).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message, cause }),
    );
  });

  it.each([
    'statisticsTracker',
    'completedStore',
    'checkpointIdCounter',
    'sharedStateRegistry',
    'ioParallelismMax',
  ])('refuses %s, which nothing would go by', (name) => {
    const settings = { ...settingsWith(), [name]: {} } as CoordinatorSettings;
    expect(() => coordinatorFor(coreGraph, settings)).toThrow(
      new RegExp(`^${name}: it cannot be handed in: `),
    );
  });

  it('refuses unaligned checkpoints of an iterative job (C-017)', () => {
    const configuration = { retention: 'RETAIN_ON_FAILURE', interval: '1 s', unaligned: true };
    expect(() =>
      coordinatorFor({ ...coreGraph, isIterative: true }, settingsWith({ configuration })),
    ).toThrow(/not supported for iterative jobs/);
  });

  it('is none for a job with a dynamic graph, which is not a streaming job (C-008, C-073)', async () => {
    const jobGraph = { ...coreGraph, isDynamic: true };
    expect(coordinatorFor(jobGraph, settingsWith())).toBeUndefined();
    const { jobId, tasks, journal } = settingsWith();
    const opening = CheckpointCoordinator.open({ jobGraph, jobId, tasks, journal, storage: memoryStorage() });
    await expect(opening).rejects.toThrow(refusal(`Job ${coreJobId} is not a streaming job.`));
    expect(await journal.streams()).toEqual([]);
  });
});
