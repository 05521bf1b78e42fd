import { describe, expect, it } from 'vitest';
import { EVENTS_HELD_MAX, OperatorEventGate } from '../../src/runtime/event-gate.ts';
import { checkpointId } from '../../src/state/ids.ts';

/** Two subtasks whose receipts the test gives by hand, unless they are given at once. */
const twoSubtasks = (receipt: 'at once' | 'by hand' = 'at once') => {
  const received: string[] = [];
  const receipts: { readonly give: () => void; readonly lose: () => void }[] = [];
  const gate = new OperatorEventGate<string>({
    subtasks: 2,
    send: (subtask, event) => {
      received.push(`${event} at ${subtask}`);
      if (receipt === 'at once') return Promise.resolve();
      return new Promise((resolve, reject) =>
        receipts.push({ give: resolve, lose: () => reject(new Error('the task is gone')) }),
      );
    },
  });
  return { gate, received, receipts };
};

const [first, second] = [checkpointId(1), checkpointId(2)];

const stateOf = async (promise: Promise<unknown>): Promise<string> => {
  const pending = new Promise((resolve) => setImmediate(resolve, 'pending'));
  const settled = promise.then(
    () => 'resolved',
    (error: unknown) => String(error),
  );
  return Promise.race([settled, pending]) as Promise<string>;
};

const lost =
  'Failing OperatorCoordinator checkpoint because some OperatorEvents before this checkpoint barrier were not received by the target tasks.';

describe('event gate (C-077, T-389)', () => {
  it('lets events pass until the state of the coordinator is there', async () => {
    const { gate, received } = twoSubtasks();
    const close = gate.mark(first);
    await gate.send(0, 'split a');
    await close();
    void gate.send(0, 'split b');
    expect(received).toEqual(['split a at 0']);
  });

  it('holds back what follows until each subtask has answered, and keeps its order', async () => {
    const { gate, received } = twoSubtasks();
    const close = gate.mark(first);
    await close();
    const held = gate.send(0, 'split a');
    void gate.send(0, 'split b');
    void gate.send(1, 'split c');
    expect(await stateOf(held)).toBe('pending');
    gate.open(first, 0);
    await held;
    expect(received).toEqual(['split a at 0', 'split b at 0']);
    await gate.send(0, 'split d');
    gate.open(first, 1);
    expect(received.slice(2)).toEqual(['split d at 0', 'split c at 1']);
  });

  it('holds back nothing for a subtask that has answered before its coordinator', async () => {
    const { gate, received } = twoSubtasks();
    const close = gate.mark(first);
    gate.open(first, 0);
    await close();
    void gate.send(0, 'split a');
    void gate.send(1, 'split b');
    expect(received).toEqual(['split a at 0']);
  });

  it('lets go of everything at the end of the checkpoint, and takes the next one', async () => {
    const { gate, received } = twoSubtasks();
    for (const id of [first, second]) {
      const close = gate.mark(id);
      await close();
      void gate.send(1, `split behind ${id}`);
      gate.open(id);
    }
    expect(received).toEqual(['split behind 1 at 1', 'split behind 2 at 1']);
  });

  it('cannot be closed for a checkpoint that was given up meanwhile, and holds back nothing', async () => {
    const { gate, received } = twoSubtasks();
    const close = gate.mark(first);
    gate.open(first);
    await expect(close()).rejects.toThrow('Cannot close gateway');
    await gate.send(0, 'split a');
    expect(received).toEqual(['split a at 0']);
  });

  it('belongs to who asked last: an older answer closes nothing, and what it held goes first', async () => {
    const { gate, received } = twoSubtasks();
    const older = gate.mark(first);
    const close = gate.mark(first);
    await expect(older()).rejects.toThrow('Cannot close gateway');
    await gate.send(0, 'split a');
    await close();
    void gate.send(0, 'split b');
    expect(received).toEqual(['split a at 0']);
    gate.mark(first);
    expect(received).toEqual(['split a at 0', 'split b at 0']);
  });

  it('waits for the receipt of all that was sent before', async () => {
    const { gate, receipts } = twoSubtasks('by hand');
    void gate.send(0, 'split a');
    const close = gate.mark(first);
    void gate.send(1, 'split b');
    const closed = close();
    receipts[0]?.give();
    expect(await stateOf(closed)).toBe('pending');
    receipts[1]?.give();
    await closed;
  });

  it.each(['before', 'after'])('fails when an event is lost %s the coordinator is asked', async (when) => {
    const { gate, receipts } = twoSubtasks('by hand');
    const sent = gate.send(0, 'split a');
    if (when === 'before') receipts[0]?.lose();
    const close = gate.mark(first);
    const closed = close();
    receipts[0]?.lose();
    await expect(sent).rejects.toThrow('the task is gone');
    await expect(closed).rejects.toMatchObject({
      message: lost,
      detail: { reason: 'TRIGGER_CHECKPOINT_FAILURE' },
    });
    gate.open(first);
    await expect(gate.mark(second)(), 'until both are restored').rejects.toThrow(lost);
    gate.open(second);
    gate.reset(0);
    await gate.mark(second)();
  });

  it('holds what waits behind two checkpoints until the older one lets it go', async () => {
    const { gate, received } = twoSubtasks();
    for (const id of [first, second]) {
      const close = gate.mark(id);
      await close();
      void gate.send(0, `split behind ${id}`);
    }
    gate.open(second, 0);
    expect(received).toEqual([]);
    gate.open(first, 0);
    expect(received).toEqual(['split behind 1 at 0', 'split behind 2 at 0']);
  });

  it('is free again once its subtask is restored', async () => {
    const { gate, received } = twoSubtasks();
    const close = gate.mark(first);
    await close();
    void gate.send(0, 'split a');
    void gate.send(1, 'split b');
    gate.reset(1);
    expect(received).toEqual(['split b at 1']);
    gate.reset();
    expect(received).toEqual(['split b at 1', 'split a at 0']);
  });

  it('refuses a subtask that is not there, and what comes when too much waits', async () => {
    const { gate } = twoSubtasks();
    await expect(gate.send(2, 'split a')).rejects.toThrow('subtask 2 is none of 2');
    const close = gate.mark(first);
    await close();
    for (let n = 0; n < EVENTS_HELD_MAX; n++) void gate.send(0, 'split');
    await expect(gate.send(0, 'one more')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
