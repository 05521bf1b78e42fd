/** A process that only coordinates: its tasks live in the parent, behind the process's message channel. */
import { Subject } from 'rxjs';
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { parseJobId } from '../../src/state/ids.ts';
import { fileSystemStorage } from '../../src/storage/filesystem/storage.ts';
import type { LivingAttempt, TaskGateway, TaskMessage } from '../../src/tasks/gateway.ts';
import { rowGraph } from '../support/scripted-gateway.ts';
import type { ChildSettings, ToChild, ToParent } from './ipc-messages.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings;
const tell = (message: ToParent): void => void process.send?.(message);

const messages$ = new Subject<TaskMessage>();
let onLiving: (attempts: readonly LivingAttempt[]) => void = () => {};
const gateway: TaskGateway = {
  attach: (request) =>
    new Promise((resolve) => {
      onLiving = resolve;
      tell({ type: 'attach', request });
    }),
  send: (commands) => tell({ type: 'commands', commands }),
  messages$,
};

const opened: { coordinator?: CheckpointCoordinator } = {};
const journal = await openSqliteJournal(settings.journal);

const hear = async (said: ToChild): Promise<void> => {
  switch (said.type) {
    case 'living':
      return onLiving(said.attempts);
    case 'message':
      return messages$.next(said.message);
    case 'restore':
      return void (await opened.coordinator?.restore(said.attempts));
    case 'run':
      return void (await opened.coordinator?.jobStatus('RUNNING'));
    case 'trigger':
      // It may end in another life of this process.
      return void opened.coordinator?.triggerCheckpoint().catch(() => undefined);
    case 'close':
      await opened.coordinator?.close();
      await journal.close();
      tell({ type: 'closed' });
      return process.disconnect();
  }
};
process.on('message', (said: ToChild) => void hear(said));

const coordinator = await CheckpointCoordinator.open({
  jobId: parseJobId('00000000000000000000000000000abc'),
  jobGraph: rowGraph(1, 4),
  tasks: gateway,
  journal,
  storage: fileSystemStorage({ checkpoints: settings.checkpoints }),
  configuration: { timeout: '5 min', retention: 'RETAIN_ON_CANCELLATION' },
});
opened.coordinator = coordinator;
coordinator.facts$.subscribe((facts) => tell({ type: 'facts', facts }));
tell({ type: 'opened', resumed: coordinator.recovery.resumed });
