/**
 * The disk as the journal needs it. Every call maps to one system call (or one per buffer for short writes), so that a
 * fault can be put at any of them. Errors keep Node's `code` (`ENOSPC`, `EIO`, ...); nothing is retried here.
 */
export interface Disk {
  /** Opens for reading and writing; `create` makes the file when missing, `exclusive` refuses an existing one. */
  open(
    path: string,
    options?: {
      readonly create?: boolean
      readonly exclusive?: boolean
      readonly readOnly?: boolean
    },
  ): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Creates the folder and its parents; existing is fine. */
  mkdir(path: string): Promise<void>
  /** Names in a folder, sorted. */
  list(path: string): Promise<readonly string[]>
  exists(path: string): Promise<boolean>
  /** Makes created, renamed and removed names of a folder durable. */
  syncFolder(path: string): Promise<void>
  /** Memory that this disk writes from at the least cost, of any content. To be kept and used again. */
  buffer(bytes: number): Buffer
  /** Bytes free to this process, for the disk bound and for `doctor`. */
  freeBytes(path: string): Promise<number>
  /**
   * Takes the exclusive lock of a folder, released by `release()` and by the death of the process, however it dies.
   * Answers undefined while another process (or another holder in this one) has it.
   */
  lock(path: string, note: string): Promise<DiskLock | undefined>
  /** The note of the present holder, for error messages; undefined when unknown. */
  lockNote(path: string): Promise<string | undefined>
}

/** An open file. Positions are explicit; there is no cursor. */
export interface DiskFile {
  /** Reads up to `length` bytes at `position` into `buffer` from `offset`; answers the number read, 0 at the end. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number>
  /** Writes all buffers at `position` in order. Resolves when the kernel has taken every byte. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  /** fdatasync. After an error nothing about the file may be believed. */
  sync(): Promise<void>
  truncate(size: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

export interface DiskLock {
  release(): Promise<void>
}
