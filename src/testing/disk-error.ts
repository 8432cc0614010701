/** What a simulated disk throws: as Node does, told apart by `code`. */

/** The faults that a disk may answer with. */
export type DiskErrorCode =
  | 'EIO'
  | 'ENOSPC'
  | 'EDQUOT'
  | 'EROFS'
  | 'EACCES'
  | 'EMFILE'
  | 'EINTR'
  | 'ENOENT'
  | 'EEXIST'
  | 'EISDIR'
  | 'EBADF'

const words: Readonly<Record<DiskErrorCode, string>> = {
  EIO: 'i/o error',
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'read-only file system',
  EACCES: 'permission denied',
  EMFILE: 'too many open files',
  EINTR: 'interrupted system call',
  ENOENT: 'no such file or directory',
  EEXIST: 'file already exists',
  EISDIR: 'illegal operation on a directory',
  EBADF: 'bad file descriptor',
}

/** An error of a system call, with the properties that Node gives it. */
export class DiskError extends Error {
  readonly code: DiskErrorCode
  readonly syscall: string
  readonly path: string

  constructor(code: DiskErrorCode, syscall: string, path: string) {
    super(`${code}: ${words[code]}, ${syscall} '${path}'`)
    this.name = 'DiskError'
    this.code = code
    this.syscall = syscall
    this.path = path
  }
}
