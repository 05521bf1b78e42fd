/** The embedding example of the README, word for word. */

/** The first `ts` block under the heading `## Embedding`. @throws Error when the page has none. */
export const embeddingExample = (readme: string): string => {
  const [, afterHeading] = readme.split(/^## Embedding *$/m);
  const section = afterHeading?.split(/^## /m)[0] ?? '';
  const block = /^```ts *\n([\s\S]*?)^``` *$/m.exec(section)?.[1];
  if (block === undefined) throw new Error('README.md has no ts block under the heading "## Embedding"');
  return block;
};
