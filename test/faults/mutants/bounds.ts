/**
 * Bounds made so small that a short run meets them: what is rare in a large app, such as a key that leaves memory or a segment that is full, then happens all the time.
 * Everything must hold with them as it does without.
 */
import type { Edit } from './mutant.ts'

export const smallBounds: readonly Edit[] = [
  {
    name: 'records behind busy keys',
    file: 'src/runtime/parking.ts',
    find: 'export const heldMax = 1024',
    replace: 'export const heldMax = 16',
  },
  // At most half of the bound above, or what was let go is read again in vain.
  {
    name: 'units on their way',
    file: 'src/runtime/outbox.ts',
    find: 'const pendingUnitsMax = 32',
    replace: 'const pendingUnitsMax = 3',
  },
  {
    name: 'events of a careful round',
    file: 'src/runtime/careful.ts',
    find: 'const inFlightMax = 1_024',
    replace: 'const inFlightMax = 20',
  },
  {
    name: 'suspects read at once',
    file: 'src/runtime/isolation.ts',
    find: 'const readMax = 256',
    replace: 'const readMax = 3',
  },
  {
    name: 'sends that wait for the disk',
    file: 'src/runtime/waiting-room.ts',
    find: 'const pendingMax = 8_192',
    replace: 'const pendingMax = 20',
  },
  {
    name: 'events in the app',
    file: 'src/runtime/waiting-room.ts',
    find: 'const insideMax = 2_048',
    replace: 'const insideMax = 12',
  },
  {
    name: 'bytes that wait for the disk',
    file: 'src/journal/embedded-journal.ts',
    find: '{ pressed: 16 * 1024 * 1024, calm: 4 * 1024 * 1024, max: 48 * 1024 * 1024 }',
    replace: '{ pressed: 4096, calm: 1024, max: 6144 }',
  },
  {
    name: 'records of a read',
    file: 'src/bus/embedded/partition-reader.ts',
    find: 'recordsMax: 512',
    replace: 'recordsMax: 3',
  },
  {
    name: 'bytes of a segment',
    file: 'src/journal/appender.ts',
    find: 'this.#segmentBytesMax = segmentBytesMax',
    replace: 'this.#segmentBytesMax = Math.min(segmentBytesMax, 8192)',
  },
  {
    name: 'bytes that an open reads again after a close',
    file: 'src/journal/appender.ts',
    find: 'const reopenBytesMax = 4 * 1024 * 1024',
    replace: 'const reopenBytesMax = 1024',
  },
  {
    name: 'bytes of a copied piece',
    file: 'src/journal/housekeeper.ts',
    find: 'const pieceBytes = 512 * 1024',
    replace: 'const pieceBytes = 1024',
  },
  {
    name: 'time between passes',
    file: 'src/journal/housekeeper.ts',
    find: 'const everyMs = 60_000',
    replace: 'const everyMs = 700',
  },
  {
    name: 'bytes of a chunk',
    file: 'src/journal/segment-index.ts',
    find: 'const chunkBytes = 256 * 1024',
    replace: 'const chunkBytes = 1024',
  },
]
