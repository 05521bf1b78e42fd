import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeColumns, encodeColumns } from '../../src/core/columns.ts';
import { decodeFacts, encodeFacts, factVersions, plainFact } from '../../src/core/facts/codec.ts';
import type { Fact, FactType, TasksAcknowledged } from '../../src/core/facts/fact.ts';
import { upcasters } from '../../src/core/facts/upcasters.ts';
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from '../../src/core/facts/snapshot.ts';
import { fromRuns, Roster, toRuns, type RosterEntry } from '../../src/core/roster.ts';
import { unfinished } from '../../src/core/job-state.ts';
import { snapshotOptions } from '../../src/core/snapshot-options.ts';
import { plainSavepoint } from '../../src/core/snapshot-properties.ts';
import { slot } from '../../src/state/ids.ts';
import { acknowledgeCommand, coreGraph, coreJobId, runningJob } from '../support/core-run.ts';
import { describeState } from '../support/describe-state.ts';

const where = 'stream job, revision 7';
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return 'nothing was thrown';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
};

describe('block of facts', () => {
  const acknowledged = (): Fact[] => {
    const run = runningJob();
    const checkpointId = run.trigger();
    run.locate(checkpointId);
    const specs = [0, 1, 2].map((each) => ({ checkpointId, slot: each, metrics: { syncDurationMs: each } }));
    return [
      ...run.tell(acknowledgeCommand(specs.slice(0, 2))).facts,
      ...run.tell({ type: 'endData', slot: 0, attempt: 1 }).facts,
      ...run.tell(acknowledgeCommand(specs.slice(2))).facts,
    ];
  };
  const bulkOf = (facts: readonly Fact[]): Uint8Array =>
    Buffer.concat(
      facts.flatMap((fact) => (fact.type === 'tasks.acknowledged' && fact.bytes ? [fact.bytes] : [])),
    );

  it('comes back with columns and slices in the order of its facts', () => {
    const facts = acknowledged();
    const decoded = decodeFacts({ where, ...encodeFacts(facts), bulk: bulkOf(facts) });
    expect(decoded.map((fact) => fact.type)).toEqual([
      'tasks.acknowledged',
      'task.dataEnded',
      'tasks.acknowledged',
    ]);
    const [first, , second] = decoded as [TasksAcknowledged, Fact, TasksAcknowledged];
    expect(first.columns?.slots).toEqual(Uint32Array.of(0, 1));
    expect(second.columns?.syncDurationMs).toEqual(Uint32Array.of(2));
    expect(Buffer.concat([first.bytes!, second.bytes!])).toEqual(bulkOf(facts));
  });

  it('comes back without columns and slices once they are trimmed', () => {
    const { facts } = encodeFacts(acknowledged());
    const [first] = decodeFacts({ where, facts }) as [TasksAcknowledged];
    expect(first).toMatchObject({ count: 2, columns: undefined, bytes: undefined });
  });

  it('holds lifecycle facts as JSON, each with its version, and no bytes of state', () => {
    const [first] = acknowledged();
    expect(plainFact(first!)).toEqual({
      v: factVersions['tasks.acknowledged'],
      type: 'tasks.acknowledged',
      at: 1_000,
      checkpointId: 1,
      count: 2,
      bulkBytes: (first as TasksAcknowledged).bytes?.length,
    });
  });

  it.each([
    ['JOURNAL_CORRUPT: stream job, revision 7: facts are not a JSON array', bytes({})],
    [
      'JOURNAL_CORRUPT: stream job, revision 7: fact job.running has no version',
      bytes([{ type: 'job.running' }]),
    ],
    [
      'JOURNAL_VERSION: stream job, revision 7: fact job.running in version 99; known is 1',
      bytes([{ type: 'job.running', v: 99 }]),
    ],
    [
      'JOURNAL_VERSION: stream job, revision 7: fact job.paused in version 1; known is no such fact',
      bytes([{ type: 'job.paused', v: 1 }]),
    ],
  ])('that cannot be read is refused: %s', (message, facts) => {
    expect(codeOf(() => decodeFacts({ where, facts }))).toBe(message);
  });

  it('of an older version is brought to the present one', () => {
    const first = { type: 'checkpoint.triggered', at: 5, checkpointId: 1, kind: 'savepoint', tasks: 4 };
    const facts = bytes([{ v: 1, ...first }]);
    const asNow = {
      snapshot: plainSavepoint,
      options: snapshotOptions(plainSavepoint, 'ALIGNED'),
      isForced: true,
      term: 0,
      monotonicMs: 0,
    };
    expect(decodeFacts({ where, facts })).toEqual([{ ...first, ...asNow }]);
  });

  it('of every older version has a way to the present one', () => {
    for (const [type, version] of Object.entries(factVersions)) {
      const known = Object.keys(upcasters[type as FactType] ?? {}).map(Number);
      expect(known, type).toEqual(Array.from({ length: version - 1 }, (_, index) => index + 1));
    }
  });

  it('that is no JSON is refused, naming the block', () => {
    const facts = new TextEncoder().encode('[{"type"');
    expect(codeOf(() => decodeFacts({ where, facts }))).toMatch(
      /^JOURNAL_CORRUPT: stream job, revision 7: facts are not JSON/,
    );
  });
});

describe('columns', () => {
  it('come back from their bytes, also behind others', () => {
    const run = runningJob();
    const checkpointId = run.trigger();
    const command = acknowledgeCommand([0, 1, 2, 3].map((each) => ({ checkpointId, slot: each })));
    const { columns } = run.tell(command).facts[0] as TasksAcknowledged;
    const encoded = encodeColumns(columns!);
    const twice = Buffer.concat([encoded, encoded]);
    const first = decodeColumns(twice, 0);
    expect(first.end).toBe(encoded.length);
    expect(encodeColumns(first.columns)).toEqual(encoded);
    expect(encodeColumns(decodeColumns(twice, first.end).columns)).toEqual(encoded);
  });
});

describe('snapshot', () => {
  const job = { jobId: coreJobId, graph: coreGraph, configuration: runningJob().state.table.configuration };

  it('stores no name of a state of a chart', () => {
    const run = runningJob();
    run.tell({ type: 'endData', slot: 0, attempt: 1 });
    run.locate(run.trigger());
    const text = new TextDecoder().decode(encodeSnapshot(run.state, new Map()));
    for (const phase of ['pending', 'collecting', 'writingMetadata', 'alive', '"running"', 'jobPhase']) {
      expect(text).not.toContain(phase);
    }
  });

  it('keeps the plan of every unfinished checkpoint, whatever attempts live (C-315)', () => {
    const run = runningJob();
    run.trigger();
    const plans = [run.state.table.roster];
    const newer = { vertex: 1, subtask: 1, slot: slot(9), attempt: 2 };
    const all = [...run.state.table.roster.entries(), newer];
    run.tell({ type: 'attach', living: all.map((entry) => ({ ...entry, dataEnded: false })) });
    const decoded = decodeSnapshot(encodeSnapshot(run.state, new Map()), where, job).rebuild(() => []);
    expect(describeState(decoded)).toEqual(describeState(run.state));
    expect(unfinished(decoded.table).map(({ plan }) => plan.entries())).toEqual(
      plans.map((plan) => plan.entries()),
    );
  });

  it('of the first version is read: its facts had no versions, its plans were the living attempts', () => {
    const run = runningJob();
    run.locate(run.trigger());
    const { version: _version, ...plain } = JSON.parse(
      new TextDecoder().decode(encodeSnapshot(run.state, new Map())),
    ) as { version: number; unfinished: { facts: Record<string, unknown>[] }[] };
    for (const entry of plain.unfinished) {
      entry.facts = entry.facts.map(({ v: _v, plan: _plan, term: _term, monotonicMs: _ms, ...fact }) => fact);
    }
    const decoded = decodeSnapshot(bytes({ ...plain, version: 1 }), where, job).rebuild(() => []);
    const [checkpoint] = unfinished(decoded.table);
    expect(checkpoint?.plan).toBe(decoded.table.roster);
    expect(checkpoint).toMatchObject({
      checkpointId: 1,
      term: 0,
      monotonicMs: 0,
      phase: 'pending.collecting',
    });
    // What it is encoded to now no longer depends on what lives.
    expect(checkpoint?.facts[0]).toMatchObject({ plan: run.state.table.roster.runs() });
  });

  it('that cannot be read is refused, naming the block', () => {
    const refusal = (snapshot: Uint8Array): unknown => codeOf(() => decodeSnapshot(snapshot, where, job));
    expect(refusal(bytes({ version: 99 }))).toBe(
      `JOURNAL_VERSION: ${where}: snapshot in version 99, known is ${SNAPSHOT_VERSION}`,
    );
    expect(refusal(new TextEncoder().encode('{'))).toMatch(
      /^JOURNAL_CORRUPT: stream job, revision 7: the snapshot is not JSON/,
    );
  });
});

describe('roster', () => {
  const entry = fc.record({
    vertex: fc.nat(3),
    subtask: fc.nat(20),
    attempt: fc.integer({ min: 1, max: 3 }),
  });
  const entries: fc.Arbitrary<RosterEntry[]> = fc
    .tuple(
      fc.uniqueArray(entry, { selector: ({ vertex, subtask }) => `${vertex} ${subtask}`, maxLength: 40 }),
      fc.uniqueArray(fc.oneof(fc.nat(60), fc.integer({ min: 0, max: 0xffff_ffff })), {
        minLength: 40,
        maxLength: 40,
      }),
    )
    .map(([tasks, slots]) => tasks.map((task, index) => ({ ...task, slot: slot(slots[index] ?? 0) })));

  it('comes back from its runs', () => {
    fc.assert(
      fc.property(entries, (attempts) => {
        expect(fromRuns(toRuns(attempts))).toEqual(new Roster(attempts).entries());
      }),
    );
  });

  it('finds every slot and no other, dense or sparse', () => {
    fc.assert(
      fc.property(entries, fc.nat(100), (attempts, other) => {
        const roster = new Roster(attempts);
        for (const attempt of attempts) expect(roster.at(roster.positionOf(attempt.slot))).toEqual(attempt);
        const isKnown = attempts.some((attempt) => attempt.slot === other);
        expect(roster.positionOf(other) >= 0).toBe(isKnown);
      }),
    );
  });

  it('packs many attempts into one run', () => {
    const attempts = Array.from({ length: 10_000 }, (_, subtask) => ({
      vertex: 0,
      subtask,
      slot: slot(subtask + 5),
      attempt: 1,
    }));
    expect(toRuns(attempts)).toEqual([{ vertex: 0, subtask: 0, slot: 5, attempt: 1, count: 10_000 }]);
  });

  it('gives the place of a subtask to its newer attempt', () => {
    const before = new Roster([{ vertex: 0, subtask: 0, slot: slot(0), attempt: 1 }]);
    const after = before.with([{ vertex: 0, subtask: 0, slot: slot(7), attempt: 2 }]);
    expect([after.size, after.has(7, 2), after.positionOf(0)]).toEqual([1, true, -1]);
    expect(after.without(new Set([7])).size).toBe(0);
  });
});
