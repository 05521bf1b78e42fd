import { describe, expect, it } from 'vitest';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import type { MemoryJournal } from '../../src/journal/memory/journal.ts';
import { journalContract } from '../contracts/journal.contract.ts';

journalContract('memory journal', async () => {
  const journal = openMemoryJournal();
  return {
    journal,
    reopen: async () => openMemoryJournal(journal.image()),
    dispose: () => journal.close(),
  };
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const written = async (): Promise<MemoryJournal> => {
  const journal = openMemoryJournal();
  const block = { facts: bytes('FACTS-MARK'), detail: bytes('DETAIL-MARK'), bulk: bytes('BULK-MARK') };
  await journal.append({ stream: 'job', expectedRevision: 0, term: 4, block });
  await journal.writeSnapshot('job', { revision: 1, bytes: bytes('SNAPSHOT-MARK') });
  return journal;
};

const flipped = (image: Uint8Array, marker: string): Uint8Array => {
  const copy = Buffer.from(image);
  const offset = copy.indexOf(marker);
  copy.writeUInt8(copy.readUInt8(offset) ^ 1, offset);
  return copy;
};

describe('image of a memory journal', () => {
  it('shares nothing with the journal it was taken from', async () => {
    const first = await written();
    const second = openMemoryJournal(first.image());
    await second.append({ stream: 'job', expectedRevision: 1, term: 5, block: { facts: bytes('more') } });
    await second.trim('job', { through: 1 });
    expect(await first.head('job')).toEqual({ revision: 1, term: 4 });
    expect(await first.read('job', 1)).toHaveLength(1);
    const image = first.image();
    const third = openMemoryJournal(image);
    image.fill(0);
    expect((await third.read('job', 1))[0]?.facts).toEqual(bytes('FACTS-MARK'));
  });

  it('can still be taken when the journal is closed', async () => {
    const journal = await written();
    await journal.close();
    expect(await openMemoryJournal(journal.image()).head('job')).toEqual({ revision: 1, term: 4 });
  });

  it('gives a flipped byte away when the piece is read', async () => {
    const image = (await written()).image();
    const corrupt = { code: 'JOURNAL_CORRUPT', detail: { stream: 'job', revision: 1 } };
    await expect(openMemoryJournal(flipped(image, 'FACTS-MARK')).read('job', 1)).rejects.toMatchObject(
      corrupt,
    );
    await expect(openMemoryJournal(flipped(image, 'DETAIL-MARK')).read('job', 1)).rejects.toMatchObject(
      corrupt,
    );
    await expect(openMemoryJournal(flipped(image, 'BULK-MARK')).readBulk('job', 1)).rejects.toMatchObject(
      corrupt,
    );
    await expect(
      openMemoryJournal(flipped(image, 'SNAPSHOT-MARK')).readSnapshot('job'),
    ).rejects.toMatchObject(corrupt);
  });

  it('is refused when it is cut off, changed in its table or something else', async () => {
    const image = (await written()).image();
    const corrupt = expect.objectContaining({ code: 'JOURNAL_CORRUPT' });
    expect(() => openMemoryJournal(image.subarray(0, -1))).toThrow(corrupt);
    expect(() => openMemoryJournal(image.subarray(0, 10))).toThrow(corrupt);
    expect(() => openMemoryJournal(flipped(image, '"job"'))).toThrow(corrupt);
    expect(() => openMemoryJournal(bytes('this is a text and no image of a journal at all'))).toThrow(
      corrupt,
    );
  });

  it('is the same for the same history', async () => {
    expect((await written()).image()).toEqual((await written()).image());
  });
});
