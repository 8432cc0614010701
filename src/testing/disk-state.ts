/**
 * What a simulated disk holds: as the running process sees it, and as a power cut would leave it.
 *
 * Invariants:
 * - D1 A file's bytes survive a power cut when a sync of the file came after them; a name, when a sync of its folder came after it. One says
 *   nothing about the other.
 * - D2 What was not synced may survive or not: each written sector on its own, each cut on its own, each name on its own.
 * - D3 A sector on the disk is one that the page cache held at some moment: a newer write of it never survives without the older ones.
 * - D4 After a sync of a file that failed, what it was to sync is forgotten by the kernel: no later sync makes it durable, though reads still show it.
 *   Names are in the file system's own journal: a folder can be synced again.
 */
import { PageBytes } from './page-bytes.ts'

/** Bytes that a disk writes as a whole. */
export const sectorBytes = 512

/** What changed a disk. The log of these is all that is needed to build every image that a crash may leave. */
export type DiskOperation =
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | {
      readonly kind: 'write'
      readonly path: string
      readonly file: number
      readonly position: number
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'truncate'; readonly path: string; readonly file: number; readonly size: number }
  | { readonly kind: 'sync'; readonly path: string; readonly file: number; readonly failed: boolean }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'syncFolder'; readonly path: string; readonly failed: boolean }

type Change = Extract<DiskOperation, { readonly kind: 'write' | 'truncate' }>

/** A change of names in one folder: `gone` loses its file, `name` gets `file`. */
interface NameChange {
  readonly folder: string
  readonly gone: string | undefined
  readonly name: string | undefined
  readonly file: number
}

/** A file: its number, what is read from it, what is safe, and what lies between. */
interface File {
  readonly id: number
  readonly seen: PageBytes
  readonly safe: PageBytes
  /** In order, none of them synced. */
  readonly pending: Change[]
}

/** Which of the unsynced changes a crash leaves on the disk. */
export interface Survivors {
  /** Whether the n-th unsynced change of a name survives. */
  name(index: number): boolean
  /**
   * How many of the `count` unsynced contents that a sector had one after the other have reached the disk: 0 keeps the safe one, `count` the last.
   * `sector` counts all unsynced sectors of the disk, from 0.
   */
  contents(sector: number, count: number): number
  /** Whether an unsynced cut of a file survives. */
  cut(): boolean
  /** Whether files have the size that they had grown to, with zeros where nothing survived; else they end with the last surviving byte. */
  readonly grown: boolean
}

/** All that was written. */
export const everything: Survivors = {
  name: () => true,
  contents: (_sector, count) => count,
  cut: () => true,
  grown: false,
}

/** Only what was synced. */
export const nothing: Survivors = { name: () => false, contents: () => 0, cut: () => false, grown: false }

/** One unsynced sector of a file. */
export interface PendingSector {
  readonly file: number
  readonly sector: number
  /** How many contents it had since it was safe. */
  readonly count: number
}

/** The folder of a path. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, Math.max(1, slash))
}

/** The files and names of a disk. */
export class DiskState {
  readonly #folders: Set<string>
  readonly #files: Map<number, File>
  /** As seen. */
  readonly #names: Map<string, number>
  readonly #safeNames: Map<string, number>
  readonly #pendingNames: NameChange[]

  constructor() {
    this.#folders = new Set(['/', '.'])
    this.#files = new Map()
    this.#names = new Map()
    this.#safeNames = new Map()
    this.#pendingNames = []
  }

  get names(): ReadonlyMap<string, number> {
    return this.#names
  }

  /** A number that no file of this disk has had. */
  get nextFile(): number {
    return Math.max(0, ...this.#files.keys()) + 1
  }

  hasFolder(path: string): boolean {
    return this.#folders.has(path)
  }

  /** Names of files and folders in a folder, sorted. */
  list(path: string): readonly string[] {
    const inside = [...this.#names.keys(), ...this.#folders].filter((name) => name !== path && folderOf(name) === path)
    return inside.map((name) => name.slice(name.lastIndexOf('/') + 1)).toSorted()
  }

  /** What is read from a file. */
  bytes(file: number): PageBytes {
    return this.#file(file).seen
  }

  /** Bytes of all files that have a name. */
  get size(): number {
    let size = 0
    for (const file of this.#names.values()) size += this.bytes(file).size
    return size
  }

  apply(operation: DiskOperation): void {
    switch (operation.kind) {
      case 'mkdir':
        // Folders are durable when made: `Disk.mkdir` syncs their names.
        this.#folders.add(operation.path)
        break
      case 'create':
        this.#files.set(operation.file, {
          id: operation.file,
          seen: new PageBytes(),
          safe: new PageBytes(),
          pending: [],
        })
        this.#rename({ folder: folderOf(operation.path), gone: undefined, name: operation.path, file: operation.file })
        break
      case 'write':
      case 'truncate':
        this.#file(operation.file).pending.push(operation)
        change(this.#file(operation.file).seen, operation)
        break
      case 'sync':
        this.#sync(this.#file(operation.file), operation.failed)
        break
      case 'rename':
        this.#move(operation.path, operation.to)
        break
      case 'unlink':
        this.#rename({
          folder: folderOf(operation.path),
          gone: operation.path,
          name: undefined,
          file: this.#names.get(operation.path)!,
        })
        break
      case 'syncFolder':
        this.#syncFolder(operation.path, operation.failed)
        break
    }
  }

  /** How many changes of names are not synced. */
  get pendingNames(): number {
    return this.#pendingNames.length
  }

  /** Whether some file was cut, or given a size, and not synced since. */
  get hasPendingCuts(): boolean {
    return [...this.#files.values()].some(({ pending }) => pending.some(({ kind }) => kind === 'truncate'))
  }

  /** The unsynced sectors of all files, in the order that `Survivors.contents` counts them. */
  get pendingSectors(): readonly PendingSector[] {
    const sectors: PendingSector[] = []
    for (const file of this.#files.values())
      for (const [sector, count] of contentsOf(file)) sectors.push({ file: file.id, sector, count })
    return sectors
  }

  /** The disk after a crash that left these survivors: all of it safe. */
  image(survivors: Survivors): DiskState {
    const names = new Map(this.#safeNames)
    this.#pendingNames.forEach((entry, index) => {
      if (survivors.name(index)) rename(names, entry)
    })
    const image = new DiskState()
    for (const folder of this.#folders) image.#folders.add(folder)
    let counted = 0
    for (const file of this.#files.values()) {
      const contents = contentsOf(file)
      const kept = new Map<number, number>()
      for (const [sector, count] of contents) kept.set(sector, survivors.contents(counted++, count))
      image.#files.set(file.id, withSafe(file.id, survive(file, kept, survivors)))
    }
    for (const [name, file] of names) image.#setSafe(name, file)
    return image
  }

  /** The disk as a process that is started after the death of the last one finds it, without a power cut: nothing is lost, nothing is safer. */
  copy(): DiskState {
    const copy = new DiskState()
    for (const folder of this.#folders) copy.#folders.add(folder)
    for (const { id, seen, safe, pending } of this.#files.values())
      copy.#files.set(id, { id, seen: seen.copy(), safe: safe.copy(), pending: [...pending] })
    for (const [name, file] of this.#names) copy.#names.set(name, file)
    for (const [name, file] of this.#safeNames) copy.#safeNames.set(name, file)
    copy.#pendingNames.push(...this.#pendingNames)
    return copy
  }

  /** Gives a file other bytes behind everybody's back: seen and safe. Makes it when missing. */
  replace(path: string, bytes: Uint8Array): void {
    const safe = new PageBytes()
    safe.write(bytes, 0)
    const id = this.#names.get(path) ?? this.nextFile
    this.#files.set(id, withSafe(id, safe))
    this.#folders.add(folderOf(path))
    this.#setSafe(path, id)
  }

  #setSafe(name: string, file: number): void {
    this.#names.set(name, file)
    this.#safeNames.set(name, file)
  }

  #file(id: number): File {
    return this.#files.get(id)!
  }

  #rename(entry: NameChange): void {
    rename(this.#names, entry)
    this.#pendingNames.push(entry)
  }

  #move(from: string, to: string): void {
    const file = this.#names.get(from)!
    if (folderOf(from) === folderOf(to)) this.#rename({ folder: folderOf(from), gone: from, name: to, file })
    else {
      // Between two folders either name may survive without the other's end.
      this.#rename({ folder: folderOf(to), gone: undefined, name: to, file })
      this.#rename({ folder: folderOf(from), gone: from, name: undefined, file })
    }
  }

  #sync(file: File, failed: boolean): void {
    if (!failed) for (const pending of file.pending) change(file.safe, pending)
    file.pending.length = 0
  }

  #syncFolder(path: string, failed: boolean): void {
    if (failed) return
    const left: NameChange[] = []
    for (const entry of this.#pendingNames) {
      if (entry.folder === path) rename(this.#safeNames, entry)
      else left.push(entry)
    }
    this.#pendingNames.length = 0
    this.#pendingNames.push(...left)
  }
}

function rename(names: Map<string, number>, { gone, name, file }: NameChange): void {
  if (gone !== undefined) names.delete(gone)
  if (name !== undefined) names.set(name, file)
}

function change(bytes: PageBytes, operation: Change): void {
  if (operation.kind === 'write') bytes.write(operation.bytes, operation.position)
  else bytes.resize(operation.size)
}

const withSafe = (id: number, safe: PageBytes): File => ({ id, seen: safe.copy(), safe, pending: [] })

/** For each unsynced sector of a file, in the order first written, how many contents it had. */
function contentsOf(file: File): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const pending of file.pending)
    if (pending.kind === 'write')
      for (const { sector } of pieces(pending)) counts.set(sector, (counts.get(sector) ?? 0) + 1)
  return counts
}

/** What of a file a crash leaves; `kept` says for each sector how many of its contents came to the disk. */
function survive(file: File, kept: ReadonlyMap<number, number>, survivors: Survivors): PageBytes {
  if (file.pending.length === 0) return file.safe.copy()
  const bytes = file.safe.copy()
  const passed = new Map<number, number>()
  for (const pending of file.pending) {
    if (pending.kind === 'truncate') {
      if (survivors.cut()) bytes.resize(pending.size)
      continue
    }
    if (survivors.grown) bytes.resize(Math.max(bytes.size, pending.position + pending.bytes.length))
    for (const { sector, from, to } of pieces(pending)) {
      const before = passed.get(sector) ?? 0
      passed.set(sector, before + 1)
      if (before < kept.get(sector)!) bytes.write(pending.bytes.subarray(from, to), pending.position + from)
    }
  }
  return bytes
}

/** A write cut at the borders of sectors; `from` and `to` are positions in its bytes. */
function* pieces({ position, bytes }: { readonly position: number; readonly bytes: Uint8Array }): Generator<{
  readonly sector: number
  readonly from: number
  readonly to: number
}> {
  for (let from = 0; from < bytes.length;) {
    const sector = Math.floor((position + from) / sectorBytes)
    const to = Math.min(bytes.length, (sector + 1) * sectorBytes - position)
    yield { sector, from, to }
    from = to
  }
}
