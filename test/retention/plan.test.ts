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
