/**
 * What was done to an app, by whom, and what was refused: a file of JSON lines to which lines are only ever added.
 *
 * Invariants:
 *  U1 a line is on the disk before `add` resolves, and nothing is done to the app before that;
 *  U2 each line ends with the SHA-256 of the line before and of itself: who changes, removes or moves one has to write all later ones anew;
 *  U3 lines are never removed here, but for the torn beginning of one that a crash has left at the end, which nobody was told of.
 *
 * What the file cannot show by itself is that whole lines are missing at its end, or that all of it was written anew: that takes the hash of the newest line as it was seen
 * elsewhere, which is why `head` is logged with every act.
 */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { MetrobusError } from '../errors/index.ts'
import { silentLog } from '../internal/log.ts'
import type { Log } from '../internal/log.ts'
import type { Disk, DiskFile } from '../internal/platform/disk.ts'
import type { Clock } from '../internal/platform/platform.ts'
import type { ActKind } from './act.ts'

/** What is written down of an act. */
export interface AuditEntry {
  readonly who: string | null
  readonly act: ActKind
  /** Its method and path, as it was asked. */
  readonly asked: string
  /** SHA-256 of what was asked: method, path, query and body. Of what was denied nothing was read. */
  readonly command?: string
  readonly result: 'allowed' | 'denied' | 'done' | 'failed'
  /** Of the line that allowed it. */
  readonly of?: number
  readonly [fact: string]: unknown
}

/** A line as it was read. */
export type AuditLine = AuditEntry & { readonly n: number; readonly at: string }

/** Where a file stands: how many lines, and the hash of the newest. */
export interface AuditHead {
  readonly lines: number
  readonly hash: string
}

/** What is wrong, and at which line, counted from 1. */
export interface AuditDamage {
  readonly line: number
  readonly problem: string
}

export const noHash: string = '0'.repeat(64)
const chunkBytes = 64 * 1024
const ending = /^(.*),"hash":"([0-9a-f]{64})"\}$/s

/** The log of one app in one process: what is added at once is written one after the other. */
export class AuditLog {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #path: string
  readonly #log: Log
  #open: Promise<OpenLog> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(disk: Disk, clock: Clock, path: string, log: Log = silentLog) {
    this.#disk = disk
    this.#clock = clock
    this.#path = path
    this.#log = log
  }

  get path(): string {
    return this.#path
  }

  /** Resolves with the head when it is on the disk; rejects with MB_AUDIT_FAILED, and then for ever, because what the disk holds is not known. */
  add(entry: AuditEntry): Promise<AuditHead> {
    const added = this.#last.then(async () => {
      try {
        const open = await (this.#open ??= this.#opened())
        const head = await open.add({ at: new Date(this.#clock.now()).toISOString(), ...entry })
        const { who, act, result } = entry
        const tell = result === 'denied' ? 'warn' : 'info'
        this.#log[tell]({ who, act, result, audit: head }, `the act ${act} is ${result}`)
        return head
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new MetrobusError(
          'MB_AUDIT_FAILED',
          { file: this.#path, reason, done: entry.of !== undefined },
          { cause },
        )
      }
    })
    this.#last = added.catch(() => {})
    return added
  }

  /** Where the log stands. Rejects with MB_AUDIT_BROKEN. */
  async head(): Promise<AuditHead> {
    await this.#last
    return (await (this.#open ??= this.#opened())).head
  }

  /** Lines as they are on the disk, behind the first `after`, at most `count`. */
  async lines(page: { readonly after: number; readonly count: number }): Promise<readonly AuditLine[]> {
    await this.#last
    return readAudit(this.#disk, this.#path, page)
  }

  async close(): Promise<void> {
    await this.#last
    const open = await this.#open?.catch(() => undefined)
    await open?.file.close()
  }

  async #opened(): Promise<OpenLog> {
    const isNew = !(await this.#disk.exists(this.#path))
    const file = await this.#disk.open(this.#path, { create: true })
    if (isNew) await this.#disk.syncFolder(dirname(this.#path))
    const chain = new Chain()
    let bytes = 0
    for await (const { text, isWhole } of linesOf(file)) {
      if (!isWhole) continue
      bytes += Buffer.byteLength(text) + 1
      const problem = chain.next(text)
      if (problem !== undefined) {
        await file.close()
        throw new MetrobusError('MB_AUDIT_BROKEN', { file: this.#path, line: chain.head.lines + 1, problem })
      }
    }
    await file.truncate(bytes)
    return new OpenLog(file, chain.head, bytes)
  }
}

class OpenLog {
  readonly file: DiskFile
  head: AuditHead
  #bytes: number
  #failure: unknown

  constructor(file: DiskFile, head: AuditHead, bytes: number) {
    this.file = file
    this.head = head
    this.#bytes = bytes
  }

  async add(fields: object): Promise<AuditHead> {
    if (this.#failure !== undefined) throw this.#failure
    const n = this.head.lines + 1
    const text = JSON.stringify({ n, ...fields }).slice(0, -1)
    const hash = hashOf(this.head.hash, text)
    const line = Buffer.from(`${text},"hash":"${hash}"}\n`)
    try {
      if ((await this.file.size()) !== this.#bytes) throw new MetrobusError('MB_AUDIT_FOREIGN', { bytes: this.#bytes })
      await this.file.write([line], this.#bytes)
      await this.file.sync()
    } catch (error) {
      this.#failure = error
      throw error
    }
    this.#bytes += line.length
    return (this.head = { lines: n, hash })
  }
}

/** What was found of a file. */
export interface AuditReport extends AuditHead {
  readonly damage?: AuditDamage
  /** Whether one of its lines has the hash that was asked for. */
  readonly hasSeen: boolean
}

/**
 * The head of a file that is whole, or the first line where it is not; and whether a line has the hash `seen`, which one that was kept elsewhere must have. What a crash has
 * left of a line at the end is damage here, too: it was told to nobody.
 */
export async function verifyAudit(disk: Disk, path: string, seen: string = noHash): Promise<AuditReport> {
  const file = await disk.open(path, { readOnly: true })
  const chain = new Chain()
  let hasSeen = seen === noHash
  try {
    for await (const { text, isWhole } of linesOf(file)) {
      const problem = isWhole ? chain.next(text) : 'it has no end: a crash has torn it, or somebody has cut it'
      if (problem !== undefined) return { ...chain.head, hasSeen, damage: { line: chain.head.lines + 1, problem } }
      hasSeen ||= chain.head.hash === seen
    }
    return { ...chain.head, hasSeen }
  } finally {
    await file.close()
  }
}

/** The lines behind the first `after`, at most `count`. */
export async function readAudit(
  disk: Disk,
  path: string,
  { after, count }: { readonly after: number; readonly count: number },
): Promise<readonly AuditLine[]> {
  if (!(await disk.exists(path))) return []
  const file = await disk.open(path, { readOnly: true })
  const found: AuditLine[] = []
  let n = 0
  try {
    for await (const { text, isWhole } of linesOf(file)) {
      if (!isWhole || n++ < after) continue
      found.push(JSON.parse(text) as AuditLine)
      if (found.length === count) break
    }
    return found
  } finally {
    await file.close()
  }
}

/** Reads lines in their order, and says of the first one that does not follow what is wrong with it. */
class Chain {
  head: AuditHead = { lines: 0, hash: noHash }

  next(line: string): string | undefined {
    const [, text = '', hash = ''] = ending.exec(line) ?? []
    if (hash === '') return 'it is not a line of an audit log'
    if (hashOf(this.head.hash, text) !== hash)
      return 'it does not follow the line before: one of the two was changed, or lines were removed, added or moved'
    this.head = { lines: this.head.lines + 1, hash }
    return undefined
  }
}

const hashOf = (previous: string, text: string): string =>
  createHash('sha256').update(previous).update(text).digest('hex')

async function* linesOf(file: DiskFile): AsyncGenerator<{ readonly text: string; readonly isWhole: boolean }> {
  const chunk = Buffer.alloc(chunkBytes)
  let rest = Buffer.alloc(0)
  for (let at = 0; ;) {
    const read = await file.read(chunk, 0, chunk.length, at)
    if (read === 0) break
    at += read
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)])
    let begin = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, begin)) {
      yield { text: bytes.toString('utf8', begin, end), isWhole: true }
      begin = end + 1
    }
    rest = bytes.subarray(begin)
  }
  if (rest.length > 0) yield { text: rest.toString(), isWhole: false }
}
