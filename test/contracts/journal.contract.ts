import { describe, expect, it, onTestFinished } from 'vitest';
import type { BlockContent, Journal } from '../../src/journal/journal.ts';

/** One journal under test; `reopen` closes it and opens what it left behind. */
export interface JournalUnderTest {
  readonly journal: Journal;
  readonly reopen: () => Promise<Journal>;
  readonly dispose: () => Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const block = (text: string, parts: { detail?: boolean; bulk?: boolean } = {}): BlockContent => ({
  facts: bytes(`facts of ${text}`),
  ...(parts.detail && { detail: bytes(`detail of ${text}`) }),
  ...(parts.bulk && { bulk: bytes(`bulk of ${text}`) }),
});

const full = { detail: true, bulk: true };

/** Appends `count` full blocks to an empty stream in term 1. */
const fill = async (journal: Journal, stream: string, count: number): Promise<void> => {
  for (let revision = 0; revision < count; revision += 1)
    await journal.append({
      stream,
      expectedRevision: revision,
      term: 1,
      block: block(`${stream} ${revision + 1}`, full),
    });
};

const revisionsOf = (blocks: readonly { readonly revision: number }[]): number[] =>
  blocks.map(({ revision }) => revision);

/** What every engine promises. */
export const journalContract = (name: string, open: () => Promise<JournalUnderTest>): void => {
  const start = async (): Promise<JournalUnderTest> => {
    const subject = await open();
    onTestFinished(() => subject.dispose());
    return subject;
  };

  describe(`${name}: appending`, () => {
    it('appends blocks one after another and reads them back as they were', async () => {
      const { journal } = await start();
      const blocks = [block('one'), block('two', full), block('three', { bulk: true })];
      for (const [index, content] of blocks.entries())
        expect(
          await journal.append({ stream: 'job', expectedRevision: index, term: 3, block: content }),
        ).toEqual({
          type: 'appended',
          revision: index + 1,
        });
      expect(await journal.head('job')).toEqual({ revision: 3, term: 3 });
      expect(await journal.read('job', 1, { withBulk: true })).toEqual(
        blocks.map((content, index) => ({ ...content, revision: index + 1, term: 3 })),
      );
    });

    it('answers conflict with the revision the stream stands at, and changes nothing', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 2);
      for (const expectedRevision of [0, 1, 3])
        expect(
          await journal.append({ stream: 'job', expectedRevision, term: 2, block: block('late') }),
        ).toEqual({
          type: 'conflict',
          revision: 2,
        });
      expect(await journal.head('job')).toEqual({ revision: 2, term: 1 });
      expect(await journal.read('job', 1)).toHaveLength(2);
    });

    it('fences an older term, also where the revision conflicts', async () => {
      const { journal } = await start();
      await journal.append({ stream: 'job', expectedRevision: 0, term: 7, block: block('takes over') });
      for (const expectedRevision of [0, 1, 9])
        expect(
          await journal.append({ stream: 'job', expectedRevision, term: 6, block: block('old') }),
        ).toEqual({
          type: 'fenced',
          term: 7,
        });
      expect(await journal.head('job')).toEqual({ revision: 1, term: 7 });
    });

    it('takes over at whatever revision with a greater term, and with no other', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 3);
      const request = { stream: 'job', expectedRevision: 'any', block: block('takes over') } as const;
      expect(await journal.append({ ...request, term: 1 })).toEqual({ type: 'fenced', term: 1 });
      expect(await journal.append({ ...request, term: 5 })).toEqual({ type: 'appended', revision: 4 });
      expect(await journal.append({ ...request, term: 5 })).toEqual({ type: 'fenced', term: 5 });
      expect(await journal.head('job')).toEqual({ revision: 4, term: 5 });
    });

    it('starts a new reign with a higher term', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 1);
      await journal.append({ stream: 'job', expectedRevision: 1, term: 5, block: block('takes over') });
      const stale = await journal.append({
        stream: 'job',
        expectedRevision: 2,
        term: 1,
        block: block('old'),
      });
      expect(stale).toEqual({ type: 'fenced', term: 5 });
      expect((await journal.read('job', 1)).map(({ term }) => term)).toEqual([1, 5]);
    });

    it('appends several blocks of one stream that were asked for at once, in order', async () => {
      const { journal } = await start();
      const results = await Promise.all(
        [0, 1, 2, 3].map((expectedRevision) =>
          journal.append({
            stream: 'job',
            expectedRevision,
            term: 1,
            block: block(`${expectedRevision + 1}`),
          }),
        ),
      );
      expect(results.map(({ type }) => type)).toEqual(Array.from({ length: 4 }, () => 'appended'));
      expect(await journal.read('job', 4)).toEqual([{ revision: 4, term: 1, ...block('4') }]);
    });

    it('keeps streams apart when their appends interleave and some are refused (T-345)', async () => {
      const { journal } = await start();
      const names = Array.from({ length: 20 }, (_, index) => `job ${index}`);
      const attempts = [0, 7, 1].flatMap((expectedRevision) =>
        names.map((stream) => ({ stream, expectedRevision })),
      );
      const results = await Promise.all(
        attempts.map(({ stream, expectedRevision }) =>
          journal.append({
            stream,
            expectedRevision,
            term: 1,
            block: block(`${stream} ${expectedRevision}`, full),
          }),
        ),
      );
      expect(results.map(({ type }) => type)).toEqual(
        attempts.map(({ expectedRevision }) => (expectedRevision === 7 ? 'conflict' : 'appended')),
      );
      for (const stream of names) {
        expect(await journal.head(stream)).toEqual({ revision: 2, term: 1 });
        expect(await journal.readBulk(stream, 2)).toEqual(bytes(`bulk of ${stream} 1`));
      }
      expect(await journal.streams()).toEqual(names.toSorted());
    });

    it('takes bytes from shared memory and from the middle of a buffer, and leaves them to their owner', async () => {
      const { journal } = await start();
      const shared = new Uint8Array(new SharedArrayBuffer(64), 16, 5);
      shared.set([1, 2, 3, 4, 5]);
      const facts = Uint8Array.from([0, 0, 9, 8, 7, 0]).subarray(2, 5);
      const detail = Buffer.from('pooled');
      await journal.append({
        stream: 'job',
        expectedRevision: 0,
        term: 1,
        block: { facts, detail, bulk: shared },
      });
      for (const given of [facts, detail, shared]) expect(given.byteLength).toBeGreaterThan(0);
      shared.fill(0);
      facts.fill(0);
      const [stored] = await journal.read('job', 1, { withBulk: true });
      expect(stored).toEqual({
        revision: 1,
        term: 1,
        facts: Uint8Array.from([9, 8, 7]),
        detail: bytes('pooled'),
        bulk: Uint8Array.from([1, 2, 3, 4, 5]),
      });
    });

    it('reads empty detail and bulk back as absent', async () => {
      const { journal } = await start();
      const empty = new Uint8Array(0);
      const content = { ...block('one'), detail: empty, bulk: empty };
      await journal.append({ stream: 'job', expectedRevision: 0, term: 1, block: content });
      expect(await journal.read('job', 1, { withBulk: true })).toEqual([
        { revision: 1, term: 1, ...block('one') },
      ]);
    });

    it('refuses a block without facts, a nameless stream and bytes that were given away', async () => {
      const { journal } = await start();
      const gone = bytes('gone');
      structuredClone(gone, { transfer: [gone.buffer as ArrayBuffer] });
      const broken = { code: 'INVARIANT_BROKEN' };
      const append = (stream: string, content: BlockContent): Promise<unknown> =>
        journal.append({ stream, expectedRevision: 0, term: 1, block: content });
      await expect(append('job', { facts: new Uint8Array(0) })).rejects.toMatchObject(broken);
      await expect(append('', block('one'))).rejects.toMatchObject(broken);
      await expect(append('two\nlines', block('one'))).rejects.toMatchObject(broken);
      await expect(append('job', { ...block('one'), bulk: gone })).rejects.toMatchObject(broken);
      expect(await journal.streams()).toEqual([]);
    });
  });

  describe(`${name}: reading`, () => {
    it('knows nothing of a stream that was never written', async () => {
      const { journal } = await start();
      expect(await journal.head('nobody')).toEqual({ revision: 0, term: 0 });
      expect(await journal.read('nobody', 1)).toEqual([]);
      expect(await journal.readBulk('nobody', 1)).toBeUndefined();
      expect(await journal.readSnapshot('nobody')).toBeUndefined();
      expect(await journal.streams()).toEqual([]);
    });

    it('reads from a revision, at most so many, and without bulk unless asked', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 5);
      expect(revisionsOf(await journal.read('job', 0))).toEqual([1, 2, 3, 4, 5]);
      expect(revisionsOf(await journal.read('job', 3))).toEqual([3, 4, 5]);
      expect(revisionsOf(await journal.read('job', 2, { limit: 2 }))).toEqual([2, 3]);
      expect(revisionsOf(await journal.read('job', 4, { limit: 9 }))).toEqual([4, 5]);
      expect(await journal.read('job', 2, { limit: 0 })).toEqual([]);
      expect(await journal.read('job', 6)).toEqual([]);
      expect((await journal.read('job', 1)).every((stored) => !('bulk' in stored))).toBe(true);
      const [second] = await journal.read('job', 2, { limit: 1, withBulk: true });
      expect(second).toEqual({ revision: 2, term: 1, ...block('job 2', full) });
    });

    it('gives out bytes that belong to the reader', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 1);
      const [first] = await journal.read('job', 1, { withBulk: true });
      for (const piece of [first?.facts, first?.detail, first?.bulk]) piece?.fill(0);
      expect(await journal.read('job', 1)).toEqual([
        { revision: 1, term: 1, ...block('job 1', { detail: true }) },
      ]);
      expect(await journal.readBulk('job', 1)).toEqual(bytes('bulk of job 1'));
    });
  });

  describe(`${name}: snapshots and trimming`, () => {
    it('keeps the newest snapshot alone', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 3);
      await journal.writeSnapshot('job', { revision: 1, bytes: bytes('first') });
      await journal.writeSnapshot('job', { revision: 3, bytes: bytes('third') });
      await journal.writeSnapshot('job', { revision: 2, bytes: bytes('of a writer that was fenced') });
      expect(await journal.readSnapshot('job')).toEqual({ revision: 3, bytes: bytes('third') });
      await journal.writeSnapshot('job', { revision: 3, bytes: new Uint8Array(0) });
      expect(await journal.readSnapshot('job')).toEqual({ revision: 3, bytes: new Uint8Array(0) });
    });

    it('refuses a snapshot beyond the head', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 2);
      const refused = { code: 'INVARIANT_BROKEN' };
      await expect(journal.writeSnapshot('job', { revision: 3, bytes: bytes('x') })).rejects.toMatchObject(
        refused,
      );
      await expect(journal.writeSnapshot('nobody', { revision: 1, bytes: bytes('x') })).rejects.toMatchObject(
        refused,
      );
      await expect(journal.writeSnapshot('job', { revision: 0, bytes: bytes('x') })).rejects.toMatchObject(
        refused,
      );
      expect(await journal.readSnapshot('job')).toBeUndefined();
    });

    it('trims bulk and detail of the named blocks alone, as often as asked', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 3);
      for (let time = 0; time < 2; time += 1) await journal.trim('job', { bulk: [1, 2], detail: [2, 3] });
      expect(await journal.read('job', 1, { withBulk: true })).toEqual([
        { revision: 1, term: 1, ...block('job 1', { detail: true }) },
        { revision: 2, term: 1, ...block('job 2') },
        { revision: 3, term: 1, ...block('job 3', { bulk: true }) },
      ]);
      expect(await journal.readBulk('job', 1)).toBeUndefined();
      expect(await journal.readBulk('job', 3)).toEqual(bytes('bulk of job 3'));
    });

    it('trims whole blocks through a snapshot and keeps head, term and snapshot', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 5);
      await fill(journal, 'other', 5);
      await journal.writeSnapshot('job', { revision: 4, bytes: bytes('fold') });
      for (const through of [3, 3, 2]) await journal.trim('job', { through });
      expect(revisionsOf(await journal.read('job', 1))).toEqual([4, 5]);
      expect(revisionsOf(await journal.read('job', 2, { limit: 1 }))).toEqual([4]);
      expect(await journal.readBulk('job', 3)).toBeUndefined();
      expect(await journal.head('job')).toEqual({ revision: 5, term: 1 });
      expect(await journal.readSnapshot('job')).toEqual({ revision: 4, bytes: bytes('fold') });
      expect(await journal.read('other', 1)).toHaveLength(5);
    });

    it('goes on where it stood when every block is trimmed', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 2);
      await journal.writeSnapshot('job', { revision: 2, bytes: bytes('fold') });
      await journal.trim('job', { through: 2, bulk: [1, 2] });
      expect(await journal.read('job', 1)).toEqual([]);
      const result = await journal.append({
        stream: 'job',
        expectedRevision: 2,
        term: 1,
        block: block('third', full),
      });
      expect(result).toEqual({ type: 'appended', revision: 3 });
      expect(await journal.read('job', 1, { withBulk: true })).toEqual([
        { revision: 3, term: 1, ...block('third', full) },
      ]);
    });

    it('refuses to trim what no snapshot explains or what is not written yet', async () => {
      const { journal } = await start();
      await fill(journal, 'job', 3);
      const refused = { code: 'INVARIANT_BROKEN' };
      await expect(journal.trim('job', { through: 1 })).rejects.toMatchObject(refused);
      await journal.writeSnapshot('job', { revision: 1, bytes: bytes('fold') });
      await expect(journal.trim('job', { through: 2, bulk: [1] })).rejects.toMatchObject(refused);
      await expect(journal.trim('job', { bulk: [1, 4] })).rejects.toMatchObject(refused);
      await expect(journal.trim('nobody', { detail: [1] })).rejects.toMatchObject(refused);
      expect(await journal.readBulk('job', 1)).toEqual(bytes('bulk of job 1'));
    });
  });

  describe(`${name}: closing`, () => {
    it('finds everything again when it is reopened', async () => {
      const { journal, reopen } = await start();
      await fill(journal, 'job', 4);
      await fill(journal, 'other', 1);
      await journal.writeSnapshot('job', { revision: 2, bytes: bytes('fold') });
      await journal.trim('job', { through: 1, bulk: [3], detail: [4] });
      const again = await reopen();
      expect(await again.streams()).toEqual(['job', 'other']);
      expect(await again.head('job')).toEqual({ revision: 4, term: 1 });
      expect(await again.readSnapshot('job')).toEqual({ revision: 2, bytes: bytes('fold') });
      expect(await again.read('job', 1, { withBulk: true })).toEqual([
        { revision: 2, term: 1, ...block('job 2', full) },
        { revision: 3, term: 1, ...block('job 3', { detail: true }) },
        { revision: 4, term: 1, ...block('job 4', { bulk: true }) },
      ]);
      const conflict = await again.append({
        stream: 'job',
        expectedRevision: 3,
        term: 1,
        block: block('late'),
      });
      expect(conflict).toEqual({ type: 'conflict', revision: 4 });
    });

    it('answers what it accepted, closes more than once and refuses later use', async () => {
      const { journal } = await start();
      const appended = journal.append({ stream: 'job', expectedRevision: 0, term: 1, block: block('one') });
      const closed = [journal.close(), journal.close()];
      expect(await appended).toEqual({ type: 'appended', revision: 1 });
      await Promise.all(closed);
      await journal.close();
      const refused = { code: 'JOURNAL_UNAVAILABLE' };
      const request = { stream: 'job', expectedRevision: 1, term: 1, block: block('two') };
      await expect(journal.append(request)).rejects.toMatchObject(refused);
      await expect(journal.head('job')).rejects.toMatchObject(refused);
      await expect(journal.read('job', 1)).rejects.toMatchObject(refused);
      await expect(journal.readBulk('job', 1)).rejects.toMatchObject(refused);
      await expect(journal.readSnapshot('job')).rejects.toMatchObject(refused);
      await expect(journal.writeSnapshot('job', { revision: 1, bytes: bytes('x') })).rejects.toMatchObject(
        refused,
      );
      await expect(journal.trim('job', {})).rejects.toMatchObject(refused);
      await expect(journal.streams()).rejects.toMatchObject(refused);
    });
  });
};
