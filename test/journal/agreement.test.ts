import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../../src/errors.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { openMemoryJournal } from '../../src/journal/memory/journal.ts';
import { bytes, openFast, temporary } from './sqlite-files.ts';

/** One step of a programme: a call with small numbers, most of which are possible and some of which are not. */
class Step {
  readonly what: 'append' | 'snapshot' | 'through' | 'bulk' | 'detail' | 'read';
  readonly stream: string;
  readonly offset: number;
  readonly term: number;

  constructor(what: Step['what'], stream: string, offset: number, term: number) {
    this.what = what;
    this.stream = stream;
    this.offset = offset;
    this.term = term;
  }

  toString(): string {
    return `${this.what}(${this.stream}, head${this.offset > 0 ? '+' : ''}${this.offset}, term ${this.term})`;
  }
}

const steps = fc.array(
  fc
    .tuple(
      fc.constantFrom('append', 'append', 'append', 'snapshot', 'through', 'bulk', 'detail', 'read'),
      fc.constantFrom('a', 'b'),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(0) },
        { weight: 2, arbitrary: fc.integer({ min: -4, max: 1 }) },
      ),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(2) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
      ),
    )
    .map(([what, stream, offset, term]) => new Step(what, stream, offset, term)),
  { maxLength: 30 },
);

const perform = async (journal: Journal, { what, stream, offset, term }: Step): Promise<unknown> => {
  const revision = Math.max(0, (await journal.head(stream)).revision + offset);
  const text = `${stream} ${revision} ${term}`;
  const block = {
    facts: bytes(text),
    detail: bytes(`detail ${text}`),
    ...(offset === 0 && { bulk: bytes(`bulk ${text}`) }),
  };
  if (what === 'append') return journal.append({ stream, expectedRevision: revision, term, block });
  if (what === 'snapshot') return journal.writeSnapshot(stream, { revision, bytes: bytes(text) });
  if (what === 'through') return journal.trim(stream, { through: revision });
  if (what === 'read') return journal.read(stream, revision, { limit: term, withBulk: true });
  return journal.trim(stream, { [what]: [revision] });
};

const answerOf = (journal: Journal, step: Step): Promise<unknown> =>
  perform(journal, step).catch((error: unknown) =>
    isTidemarkError(error) ? `${error.code}: ${error.message}` : error,
  );

const contentOf = async (journal: Journal): Promise<unknown> => {
  const names = await journal.streams();
  return Promise.all(
    names.map(async (name) => [
      name,
      await journal.head(name),
      await journal.readSnapshot(name),
      await journal.read(name, 0, { withBulk: true }),
    ]),
  );
};

describe('engines of the journal', () => {
  it('give the same answers to every programme and hold the same afterwards, also reopened', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (programme) => {
        const path = temporary();
        const memory = openMemoryJournal();
        const sqlite = openFast(path);
        for (const step of programme)
          expect(await answerOf(sqlite, step)).toEqual(await answerOf(memory, step));
        await sqlite.close();
        const reopened = openFast(path);
        expect(await contentOf(reopened)).toEqual(await contentOf(openMemoryJournal(memory.image())));
        await reopened.close();
      }),
      { numRuns: 60 },
    );
  });
});
