/**
 * The commands of a golden scenario as lines: `ack 1 source#0 sink#1+a` (the second shares file a), `expire 1`,
 * `job-status FAILED too many`.
 */
import { checkConfiguration, type CheckpointConfigurationOptions } from '../../src/core/configuration.ts';
import { FAILURES_UNLIMITED } from '../../src/core/configuration/record.ts';
import type { DeclineReason, FailureReason } from '../../src/core/failures.ts';
import type { PostCheckpointAction, SavepointFormatType } from '../../src/metadata/properties.ts';
import type { RosterEntry } from '../../src/core/roster.ts';
import type { OperatorId } from '../../src/state/ids.ts';
import {
  acknowledgeCommand,
  coordinatorsAnswer,
  coreAttempts,
  coreGraph,
  coreLocation,
  framesCommand,
  hooksAnswer,
  id,
  metricsCommand,
  tooLargeFrame,
  type CoreCommand,
} from '../support/core-run.ts';

/** `source#0` is the newest attempt of a task, `source#0/1` its first. */
export class TaskNames {
  readonly #entries: RosterEntry[] = [];

  /** An attempt of every task, in slots nobody had. */
  deploy(): RosterEntry[] {
    const entries = coreAttempts(this.#entries.length, this.#newest + 1);
    this.#entries.push(...entries);
    return entries;
  }

  get #newest(): number {
    return this.#entries.at(-1)?.attempt ?? 0;
  }

  /** Every attempt of the newest deployment. */
  newest(): RosterEntry[] {
    return this.#entries.filter((entry) => entry.attempt === this.#newest);
  }

  readonly nameOf = (slot: number): string => {
    const entry = this.#entries.find((each) => each.slot === slot);
    if (entry === undefined) return `slot ${slot}`;
    const name = `${coreGraph.vertices[entry.vertex]?.name}#${entry.subtask}`;
    return entry.attempt === 1 ? name : `${name}/${entry.attempt}`;
  };

  find(name: string): RosterEntry {
    const [task = '', attempt = String(this.#newest)] = name.split('/');
    const found = this.#entries.find(
      (entry) =>
        `${coreGraph.vertices[entry.vertex]?.name}#${entry.subtask}` === task &&
        entry.attempt === Number(attempt),
    );
    if (found === undefined) throw new Error(`no attempt of a task is called ${name}`);
    return found;
  }
}

type Status = Extract<CoreCommand, { type: 'reportJobStatus' }>['status'];
type EndStatus = Extract<CoreCommand, { type: 'endAttempt' }>['status'];

const attemptOf = (names: TaskNames, name: string) => {
  const { slot, attempt } = names.find(name);
  return { slot, attempt };
};

/** `retained=2 timeout='30 s'` as options of the configuration. */
const optionsOf = (words: readonly string[]): CheckpointConfigurationOptions =>
  Object.fromEntries(
    words.map((word) => {
      const [name = '', value = ''] = word.split('=');
      return [name, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );

const splitOption = (words: readonly string[], name: string): string | undefined =>
  words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);

/** `hooks=audit,offsets` as a list. */
const listOption = (words: readonly string[], name: string): string[] =>
  splitOption(words, name)?.split(',') ?? [];

/** `read=splits count` as names with a state, or without one. */
const pairsOf = (words: readonly string[]): (readonly [string, string?])[] =>
  words.map((word) => word.split('=') as [string, string?]);

const operatorNamed = (name: string): OperatorId => {
  const operators = coreGraph.vertices.flatMap((vertex) => vertex.operators);
  const found = operators.find((operator) => operator.name === name);
  if (found === undefined) throw new Error(`no operator is called ${name}`);
  return found.id;
};
/** `source#0+a+b`: the task sends state that shares the files a and b. */
const nameIn = (task: string): string => task.split('+')[0] ?? '';
const filesIn = (task: string): string[] | undefined =>
  task.includes('+') ? task.split('+').slice(1) : undefined;

const firstDelayOf = (words: readonly string[]): number | undefined => {
  const given = splitOption(words, 'firstDelayMs');
  return given === undefined ? undefined : Number(given);
};

const activity = (names: TaskNames, tasks: readonly string[], isActive: boolean): CoreCommand => ({
  type: 'changeActivity',
  attempts: tasks.map((name) => attemptOf(names, name)),
  isActive,
});

const acknowledge = (names: TaskNames, checkpointId: number, tasks: readonly string[]): CoreCommand => {
  const entries = tasks[0] === 'all' ? names.newest() : tasks.map((task) => names.find(nameIn(task)));
  return acknowledgeCommand(
    entries.map(({ slot, attempt }, i) => {
      const shared = filesIn(tasks[i] ?? '');
      return { checkpointId, slot, attempt, ...(shared === undefined ? {} : { shared }) };
    }),
  );
};

/** `format=NATIVE action=TERMINATE` */
const savepointOf = (words: readonly string[]) =>
  ({
    type: 'savepoint',
    format: (splitOption(words, 'format') ?? 'CANONICAL') as SavepointFormatType,
    action: (splitOption(words, 'action') ?? 'NONE') as PostCheckpointAction,
  }) as const;

type Reader = (words: readonly string[], names: TaskNames) => CoreCommand;

/** Reads what stands behind the name of the command; `words[0]` is mostly the id of a checkpoint. */
const readers: Readonly<Record<string, Reader>> = {
  'take-over': ([term, ...options]) => ({
    type: 'takeOver',
    term: Number(term),
    configuration: checkConfiguration({
      tolerableFailed: FAILURES_UNLIMITED,
      ...optionsOf(options.filter((word) => !/^(coordinators|hooks|firstDelayMs)=/.test(word))),
    }),
    initialDelayMs: firstDelayOf(options),
    isNew: term === '1',
    operatorCoordinators: listOption(options, 'coordinators').map(operatorNamed),
    masterHooks: listOption(options, 'hooks'),
  }),
  attach: (missing, names) => ({
    type: 'attach',
    living: names
      .newest()
      .filter(({ slot }) => !missing.includes(names.nameOf(slot)))
      .map((entry) => ({ ...entry, dataEnded: false })),
  }),
  deploy: ([unclaimed], names) => ({
    type: 'restore',
    attempts: names.deploy(),
    ...(unclaimed === 'unclaimed' ? { isUnclaimed: true } : {}),
  }),
  'job-status': ([status, ...message]) => ({
    type: 'reportJobStatus',
    status: status as Status,
    message: message.join(' '),
  }),
  tick: () => ({ type: 'tick' }),
  trigger: ([type]) => ({ type: 'triggerCheckpoint', isFull: type === 'full' }),
  savepoint: (words) => ({
    type: 'triggerSavepoint',
    target: { base: 'memory:/backups', name: `savepoint-00c0ff-${splitOption(words, 'name') ?? '1'}` },
    key: splitOption(words, 'key'),
    snapshot: savepointOf(words),
  }),
  located: ([checkpointId, directory]) => ({
    type: 'locate',
    checkpointId: id(Number(checkpointId)),
    location:
      directory === undefined
        ? coreLocation(Number(checkpointId))
        : { exclusive: directory, shared: directory },
  }),
  'coordinators-answer': ([checkpointId, ...states]) =>
    coordinatorsAnswer(
      Number(checkpointId),
      ...pairsOf(states).map(([name, text]) => [operatorNamed(name), text] as const),
    ),
  'hooks-answer': ([checkpointId, ...states]) => hooksAnswer(Number(checkpointId), ...pairsOf(states)),
  'trigger-failed': ([checkpointId, reason, ...message]) => ({
    type: 'failTrigger',
    checkpointId: id(Number(checkpointId)),
    reason: reason as FailureReason,
    message: message.join(' '),
  }),
  'add-hook': ([hookId = '']) => ({ type: 'registerHook', hookId }),
  'not-located': ([checkpointId, ...message]) => ({
    type: 'failLocation',
    checkpointId: id(Number(checkpointId)),
    message: message.join(' '),
  }),
  ack: ([checkpointId, ...tasks], names) => acknowledge(names, Number(checkpointId), tasks),
  'ack-too-large': ([checkpointId, task = ''], names) => {
    const { slot, attempt } = names.find(task);
    return framesCommand(tooLargeFrame(Number(checkpointId), slot, attempt));
  },
  metrics: ([checkpointId, task = ''], names) => {
    const { slot, attempt } = names.find(task);
    return metricsCommand(Number(checkpointId), slot, attempt);
  },
  decline: ([checkpointId, task = '', reason, ...message], names) => ({
    type: 'decline',
    checkpointId: id(Number(checkpointId)),
    ...attemptOf(names, task),
    reason: reason as DeclineReason,
    message: message.join(' '),
  }),
  expire: ([checkpointId]) => ({ type: 'expire', checkpointId: id(Number(checkpointId)) }),
  'metadata-written': ([checkpointId, directory]) => ({
    type: 'recordMetadata',
    checkpointId: id(Number(checkpointId)),
    externalPointer: directory ?? coreLocation(Number(checkpointId)).exclusive,
    metadataSizeBytes: 500,
  }),
  'metadata-failed': ([checkpointId, ...message]) => ({
    type: 'failMetadata',
    checkpointId: id(Number(checkpointId)),
    message: message.join(' '),
  }),
  'task-ended': ([task = '', status, ...message], names) => ({
    type: 'endAttempt',
    ...attemptOf(names, task),
    status: status as EndStatus,
    message: message.join(' '),
  }),
  inactive: (tasks, names) => activity(names, tasks, false),
  active: (tasks, names) => activity(names, tasks, true),
  'start-schedule': () => ({ type: 'startScheduler' }),
  'stop-schedule': () => ({ type: 'stopScheduler' }),
  backlog: ([operator = '', isBacklog]) => ({
    type: 'reportBacklog',
    operatorId: coreGraph.vertices
      .flatMap(({ operators }) => operators)
      .find(({ name }) => name === operator)!.id,
    isBacklog: isBacklog === 'begins',
  }),
  'data-ended': ([task = ''], names) => ({ type: 'endData', ...attemptOf(names, task) }),
  undeletable: ([discardId]) => ({ type: 'postponeDiscard', discardId: Number(discardId) }),
  discarded: ([discardId]) => ({ type: 'confirmDiscard', discardId: Number(discardId) }),
};

/** One command of the core, from its line. */
export const readCommand = (line: string, names: TaskNames): CoreCommand => {
  const [name = '', ...words] = line.split(/ +/);
  const reader = readers[name];
  if (reader === undefined) throw new Error(`no command of a scenario: ${line}`);
  return reader(words, names);
};

/** What the frames of an acknowledging line are called. */
export const framesOf = (line: string, names: TaskNames): string[] => {
  const [name, , ...tasks] = line.split(/ +/);
  if (name !== 'ack' && name !== 'ack-too-large') return [];
  return tasks[0] === 'all' ? names.newest().map(({ slot }) => names.nameOf(slot)) : tasks.map(nameIn);
};
