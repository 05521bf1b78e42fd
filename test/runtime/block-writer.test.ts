import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../src/errors.ts';
import type { AppendResult } from '../../src/journal/journal.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { BLOCKS_IN_FLIGHT_MAX, BlockWriter } from '../../src/runtime/block-writer.ts';
import { gatedJournal, journalLike } from '../support/journal-edges.ts';

const stream = 'job';
const block = (text: string) => ({ facts: new TextEncoder().encode(text) });
const append = (term: number, expectedRevision: number) => ({
  stream,
  term,
  expectedRevision,
  block: block('x'),
});

const fencedWith = (message: string) => expect.objectContaining({ code: 'COORDINATOR_FENCED', message });
const unavailableWith = (message: string) =>
  expect.objectContaining({ code: 'JOURNAL_UNAVAILABLE', message });

/** The error a promise rejects with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('block writer', () => {
  it('says each block durable in order, however the journal answers', async () => {
    const gate = gatedJournal(openMemoryJournal());
    const writer = new BlockWriter(gate.journal, stream, 1, 0);
    gate.close();
    const durable: number[] = [];
    const appends = ['a', 'b'].map(async (text) => durable.push(await writer.append(block(text))));
    expect([writer.isFull, writer.nextRevision, gate.waiting.length]).toEqual([
      true,
      3,
      BLOCKS_IN_FLIGHT_MAX,
    ]);
    expect(durable).toEqual([]);
    await gate.release();
    await gate.release();
    await Promise.all(appends);
    expect(durable).toEqual([1, 2]);
    expect(writer.isIdle).toBe(true);
  });

  it('is fenced by a greater term', async () => {
    const journal = openMemoryJournal();
    const writer = new BlockWriter(journal, stream, 1, 0);
    await writer.append(block('a'));
    await journal.append(append(2, 1));
    expect(await errorOf(writer.append(block('b')))).toEqual(fencedWith('term 2 has taken over from term 1'));
  });

  it('is fenced by another writer at its revision (C-275)', async () => {
    const journal = openMemoryJournal();
    const writer = new BlockWriter(journal, stream, 1, 0);
    await journal.append(append(1, 0));
    expect(await errorOf(writer.append(block('a')))).toEqual(
      fencedWith('another writer at revision 1 has taken over from term 1'),
    );
  });

  it('says nothing durable behind a block that was refused', async () => {
    const journal = openMemoryJournal();
    const answers: AppendResult[] = [
      { type: 'fenced', term: 9 },
      { type: 'appended', revision: 2 },
    ];
    const writer = new BlockWriter(
      journalLike(journal, { append: async () => answers.shift() as AppendResult }),
      stream,
      1,
      0,
    );
    const [first, second] = [writer.append(block('a')), writer.append(block('b'))];
    expect(await errorOf(first)).toEqual(fencedWith('term 9 has taken over from term 1'));
    expect(await errorOf(second)).toBe(await errorOf(first));
  });

  describe('on an unknown answer (C-122, C-274, C-295, T-101, T-402)', () => {
    const unknown = { type: 'unknown', message: 'the disk is gone' } as const;

    it('reads the head back: the block is durable when it stands there', async () => {
      const journal = openMemoryJournal();
      const lying = journalLike(journal, {
        append: async (request) => {
          await journal.append(request);
          return unknown;
        },
      });
      const writer = new BlockWriter(lying, stream, 1, 0);
      expect(await writer.append(block('a'))).toBe(1);
      expect(await writer.append(block('b'))).toBe(2);
    });

    it('gives up when the block was not written', async () => {
      const writer = new BlockWriter(
        journalLike(openMemoryJournal(), { append: async () => unknown }),
        stream,
        1,
        0,
      );
      expect(await errorOf(writer.append(block('a')))).toEqual(
        unavailableWith('the block was not written: the disk is gone'),
      );
    });

    it('is fenced when somebody else has written meanwhile', async () => {
      const journal = openMemoryJournal();
      await journal.append(append(5, 0));
      const writer = new BlockWriter(journalLike(journal, { append: async () => unknown }), stream, 1, 0);
      expect(await errorOf(writer.append(block('a')))).toEqual(
        fencedWith('term 5 has taken over from term 1'),
      );
    });
  });

  it('passes the error of the journal on, with its code', async () => {
    const full = new TidemarkError('JOURNAL_UNAVAILABLE', 'disk full');
    const rejecting = journalLike(openMemoryJournal(), { append: () => Promise.reject(full) });
    expect(await errorOf(new BlockWriter(rejecting, stream, 1, 0).append(block('a')))).toBe(full);
    const foreign = journalLike(openMemoryJournal(), { append: () => Promise.reject(new Error('EIO')) });
    expect(await errorOf(new BlockWriter(foreign, stream, 1, 0).append(block('a')))).toEqual(
      unavailableWith('EIO'),
    );
  });

  it('leaves no rejection unheard when the second block fails before the first has answered', async () => {
    const unheard: unknown[] = [];
    const note = (error: unknown): void => void unheard.push(error);
    process.on('unhandledRejection', note);
    let answerFirst: (result: AppendResult) => void = () => {};
    const first = new Promise<AppendResult>((resolve) => {
      answerFirst = resolve;
    });
    const answers = [() => first, () => Promise.reject(new Error('EIO'))];
    const journal = journalLike(openMemoryJournal(), { append: () => answers.shift()!() });
    const writer = new BlockWriter(journal, stream, 1, 0);
    const durable = [writer.append(block('a')), errorOf(writer.append(block('b')))];
    await new Promise((resolve) => setImmediate(resolve));
    answerFirst({ type: 'appended', revision: 1 });
    expect(await Promise.all(durable)).toEqual([1, unavailableWith('EIO')]);
    process.off('unhandledRejection', note);
    expect(unheard).toEqual([]);
  });
});
