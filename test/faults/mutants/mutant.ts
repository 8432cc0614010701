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
  /** With small bounds (`bounds.ts`), with and without the mutant. Default: false. */
  readonly isSmall?: boolean
  /** Only tier N has the time: real processes that live for a while. Default: false. */
  readonly isLong?: boolean
}

/** A change of the source. */
export interface Edit {
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  /** Must occur in the file exactly once. */
  readonly find: string
  readonly replace: string
}

export interface Mutant extends Edit {
  /** What goes wrong, and which invariant breaks. */
  readonly breaks: string
  readonly hunt: Hunt
}

/** The text of a file with the change in it. Throws when the code has changed, so that no refactoring disarms a mutant in silence. */
export function edit(source: string, { name, file, find, replace }: Edit): string {
  const parts = source.split(find)
  if (parts.length !== 2)
    throw new Error(
      `"${name}" does not fit any more: its text stands ${parts.length - 1} times in ${file}. ` +
        `Give it the text of today:\n${find}`,
    )
  return parts.join(replace)
}
