/**
 * The archives of all runs: `archive.ndjson`, and `archive.2.ndjson` for what `--again` lets ride once more, and so on. Which one a ride belongs to
 * is said by its id (`<file hash>:<line>:<run>`), so a ride that comes again after a crash finds the archive that has it.
 */
import { join } from 'node:path'
import { archiveFile } from '../../src/connect/file/index.ts'
import type { Archive, Opening } from '../../src/connect/file/index.ts'
import type { Mailable } from './schemas.ts'

const runPattern = /^[0-9a-f]{32}:\d+:(\d+)$/

export class RunArchives {
  readonly #dir: string
  readonly #archives: Map<string, Archive> = new Map()

  constructor(dir: string) {
    this.#dir = dir
  }

  put(ride: string, contact: Mailable): Promise<void> {
    return this.#of(runPattern.exec(ride)?.[1] ?? '1').put(ride, contact)
  }

  /** Opens the archive of a run, before its first ride or behind its last. The ids of a pipe are new for each run, so all of them go to the first. */
  async open({ run, bytes }: Pick<Opening, 'run' | 'bytes'>): Promise<Archive> {
    const archive = this.#of(bytes === undefined ? '1' : String(run))
    await archive.open()
    return archive
  }

  async close(): Promise<void> {
    await Promise.all([...this.#archives.values()].map((archive) => archive.close()))
  }

  #of(run: string): Archive {
    const known = this.#archives.get(run)
    if (known !== undefined) return known
    const archive = archiveFile({ path: join(this.#dir, run === '1' ? 'archive.ndjson' : `archive.${run}.ndjson`) })
    this.#archives.set(run, archive)
    return archive
  }
}
