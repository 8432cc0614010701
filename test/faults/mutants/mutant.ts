/** A small fault put into the source on purpose. A sweep that does not notice it would not notice the same mistake made by accident. */

/** Where a mutant is looked for. */
export interface Hunt {
  /** The id of a row, or the path of a seeded test. */
  readonly sweep: string
  /** Of the row's run, or of the test. */
  readonly seed: number
  /** The first case of the row. Default: 0. */
  readonly first?: number
  /** It is caught within so many cases of the row. A test runs as a whole. */
  readonly cases?: number
}

export interface Mutant {
  readonly name: string
  /** What goes wrong, and which invariant breaks. */
  readonly breaks: string
  /** From the root of the repository. */
  readonly file: string
  /** Must occur in the file exactly once. */
  readonly find: string
  readonly replace: string
  readonly hunt: Hunt
}

/** The text of the file with the mutant in it. Throws when the code has changed, so that no refactoring disarms a mutant in silence. */
export function mutate(source: string, { name, file, find, replace }: Mutant): string {
  const parts = source.split(find)
  if (parts.length !== 2)
    throw new Error(
      `The mutant "${name}" does not fit any more: its text stands ${parts.length - 1} times in ${file}. ` +
        `Give it the text of today:\n${find}`,
    )
  return parts.join(replace)
}
