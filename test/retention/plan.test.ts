import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSubsumption, planTermination, type Retainable } from '../../src/retention/plan.ts';
import {
  externalizationOf,
  isKept,
  policyOfExternalization,
  retentionPolicies,
  type TerminalStatus,
} from '../../src/retention/policy.ts';

const statuses: readonly TerminalStatus[] = ['FINISHED', 'FAILED', 'CANCELLED', 'SUSPENDED'];

const store: fc.Arbitrary<Retainable[]> = fc
  .array(fc.constantFrom(...retentionPolicies), { maxLength: 12 })
  .map((policies) => policies.map((retention, index) => ({ checkpointId: index * 3 + 1, retention })));

const idsOf = (fates: readonly { readonly checkpointId: number }[]): number[] =>
  fates.map(({ checkpointId }) => checkpointId);

describe('subsumption', () => {
  it('keeps the newest, at least one, and discards the rest in order (C-127, C-129)', () => {
    fc.assert(
      fc.property(store, fc.integer({ min: 0, max: 6 }), (completed, retainedMax) => {
        const { discard, keep } = planSubsumption(completed, retainedMax);
        const kept = Math.min(completed.length, Math.max(1, retainedMax));
        expect(idsOf(keep)).toEqual(idsOf(completed.slice(completed.length - kept)));
        expect([...idsOf(discard), ...idsOf(keep)]).toEqual(idsOf(completed));
      }),
    );
  });

  it('says what decided', () => {
    const completed = [1, 2, 3].map((checkpointId) => ({
      checkpointId,
      retention: 'RETAIN_ON_FAILURE' as const,
    }));
    expect(planSubsumption(completed, 2)).toEqual({
      discard: [{ checkpointId: 1, clause: '2 newer, 2 retained' }],
      keep: [
        { checkpointId: 2, clause: '1 newer, 2 retained' },
        { checkpointId: 3, clause: '0 newer, 2 retained' },
      ],
    });
  });

  it('lets a savepoint go as soon as it is not the newest, and counts it (C-127, C-133, T-144)', () => {
    const retention = 'RETAIN_ON_FAILURE';
    const stored: Retainable[] = [
      { checkpointId: 1, retention, kind: 'savepoint' },
      { checkpointId: 2, retention },
    ];
    expect(idsOf(planSubsumption(stored, 1).discard)).toEqual([1]);
    expect(idsOf(planSubsumption(stored, 2).discard)).toEqual([]);
  });

  it('keeps the newest checkpoint beside a newer savepoint, one more than asked for (C-127, C-129, T-141)', () => {
    const retention = 'RETAIN_ON_FAILURE';
    const stored: Retainable[] = [
      { checkpointId: 1, retention },
      { checkpointId: 2, retention },
      { checkpointId: 3, retention, kind: 'savepoint' },
    ];
    expect(idsOf(planSubsumption(stored, 1).keep)).toEqual([2, 3]);
  });

  it('lets every older one go behind a savepoint that ends the job (C-127, T-149)', () => {
    const retention = 'RETAIN_ON_FAILURE';
    const stored: Retainable[] = [
      { checkpointId: 1, retention },
      { checkpointId: 2, retention },
      { checkpointId: 3, retention, kind: 'lastSavepoint' },
    ];
    expect(idsOf(planSubsumption(stored, 1).keep)).toEqual([3]);
  });

  it('skips what must stay, and goes on with what is younger (C-127)', () => {
    const retention = 'RETAIN_ON_FAILURE';
    const stored: Retainable[] = [
      { checkpointId: 1, retention },
      { checkpointId: 2, retention, kind: 'savepoint' },
      { checkpointId: 3, retention, kind: 'savepoint' },
    ];
    expect(idsOf(planSubsumption(stored, 1).keep)).toEqual([1, 3]);
  });

  it('never asks for a policy: retention is about the end of the job (C-146)', () => {
    const completed = [1, 2].map((checkpointId) => ({
      checkpointId,
      retention: 'RETAIN_ON_CANCELLATION' as const,
    }));
    expect(idsOf(planSubsumption(completed, 1).discard)).toEqual([1]);
  });
});

describe('termination', () => {
  it('decides every checkpoint once, by its own policy (C-285, T-165)', () => {
    fc.assert(
      fc.property(store, fc.constantFrom(...statuses), (completed, status) => {
        const { discard, keep } = planTermination(completed, status);
        expect([...idsOf(discard), ...idsOf(keep)].toSorted((a, b) => a - b)).toEqual(idsOf(completed));
        for (const { checkpointId, clause } of keep) {
          const retention = completed.find((each) => each.checkpointId === checkpointId)?.retention;
          expect(clause).toBe(`${retention} on ${status}`);
        }
      }),
    );
  });

  it('keeps everything of a suspended job, whatever the policy says (C-290)', () => {
    fc.assert(
      fc.property(store, (completed) => {
        expect(planTermination(completed, 'SUSPENDED').discard).toEqual([]);
      }),
    );
  });

  it.each([
    ['NEVER_RETAIN_AFTER_TERMINATION', []],
    ['RETAIN_ON_FAILURE', ['FAILED']],
    ['RETAIN_ON_CANCELLATION', ['FAILED', 'CANCELLED', 'SUSPENDED']],
  ] as const)(
    'is the row of the matrix for %s without a durable journal: kept on %j (C-142, T-155)',
    (policy, kept) => {
      expect(statuses.filter((status) => isKept(policy, status, false))).toEqual(kept);
      const stored = [{ checkpointId: 1, retention: policy }];
      expect(statuses.filter((status) => planTermination(stored, status, false).keep.length > 0)).toEqual(
        kept,
      );
    },
  );

  it('never discards a savepoint (C-133)', () => {
    const stored: Retainable[] = [
      { checkpointId: 1, retention: 'NEVER_RETAIN_AFTER_TERMINATION', kind: 'savepoint' },
    ];
    for (const status of statuses) expect(planTermination(stored, status, false).discard).toEqual([]);
  });

  it('keeps nothing of a finished job (C-145, T-135)', () => {
    expect(retentionPolicies.filter((policy) => isKept(policy, 'FINISHED'))).toEqual([]);
  });
});

describe('a policy', () => {
  it.each([
    ['NEVER_RETAIN_AFTER_TERMINATION', false, true],
    ['RETAIN_ON_FAILURE', true, true],
    ['RETAIN_ON_CANCELLATION', true, false],
  ] as const)(
    'of %s is told to REST as enabled %s, delete on cancellation %s (C-032)',
    (policy, enabled, deletes) => {
      expect(externalizationOf(policy)).toEqual({ enabled, deleteOnCancellation: deletes });
    },
  );

  it.each([
    [false, false, 'NEVER_RETAIN_AFTER_TERMINATION'],
    [false, true, 'NEVER_RETAIN_AFTER_TERMINATION'],
    [true, true, 'RETAIN_ON_FAILURE'],
    [true, false, 'RETAIN_ON_CANCELLATION'],
  ] as const)(
    'took the place of externalized %s, delete on cancellation %s: %s (C-148)',
    (kept, deletes, policy) => {
      expect(policyOfExternalization(kept, deletes)).toBe(policy);
    },
  );
});
