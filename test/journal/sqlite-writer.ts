/**
 * A process of its own that appends to a journal; says as JSON what it was answered. Arguments: path, name, count,
 * bytes.
 */
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts';
import { isTidemarkError } from '../../src/errors.ts';

const [path = '', name = '', count = '0', bulkSizeBytes = '0'] = process.argv.slice(2);
const facts = new TextEncoder().encode(name);
const bulk = new Uint8Array(Number(bulkSizeBytes));

const append = async (): Promise<unknown[]> => {
  const journal = await openSqliteJournal(path);
  const answers: unknown[] = [];
  let { revision } = await journal.head('job');
  while (revision < Number(count)) {
    const request = { stream: 'job', expectedRevision: revision, term: 1, block: { facts, bulk } };
    const result = await journal.append(request);
    answers.push(result);
    if (result.type === 'unknown') {
      answers.push(await journal.head('job'));
      break;
    }
    if (result.type === 'appended' || result.type === 'conflict') ({ revision } = result);
  }
  await journal.close();
  return answers;
};

const answers = await append().catch((error: unknown) => [
  isTidemarkError(error) ? { code: error.code } : String(error),
]);
process.stdout.write(JSON.stringify(answers));
