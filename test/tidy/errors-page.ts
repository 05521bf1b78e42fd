/** The errors page of the reference, from the table of codes. */
import { errorCodes } from '../../src/errors.ts';

const introduction = `# Errors

Every public function of Tidemark throws, or rejects with, one class: \`TidemarkError\`. Its \`code\` is one of the
codes below and is the thing to match on; the message is for people and may change. \`detail\` carries the values
the message speaks of, \`wayOut\` the sentence below.

This page is generated from \`src/errors.ts\` by \`npm run docs:errors\`; a test keeps the two equal.
`;

/** The text of `docs/reference/errors.md`: one section for each code, in alphabetical order. */
export const errorsPage = (): string => {
  const sections = Object.entries(errorCodes)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, wayOut]) => `\n## ${code}\n\n${wayOut}\n`);
  return introduction + sections.join('');
};
