import { MetrobusError } from '../errors/index.ts'

/** An error of the disk with our code; any other as it is. */
export function ofDisk(error: unknown, file: string, call: string): unknown {
  const code = (error as { code?: unknown }).code
  if (error instanceof MetrobusError || typeof code !== 'string') return error
  return new MetrobusError('MB_DISK_FAILED', { file, call, error: code }, { cause: error })
}
