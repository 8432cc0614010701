import type { DiskFile } from '../internal/platform/disk.ts'

/** Fills the buffer from `position` on, however few bytes each read brings; answers how many there were before the end of the file. */
export async function readFully(file: DiskFile, buffer: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < buffer.length) {
    const count = await file.read(buffer, done, buffer.length - done, position + done)
    if (count === 0) break
    done += count
  }
  return done
}
