/** Faults in the journal. */
import type { Hunt, Mutant } from './mutant.ts'

const crash: Hunt = { sweep: 'test/simulation/crash.test.ts', seed: 1 }

export const journalMutants: readonly Mutant[] = [
  // --- what is written

  {
    name: 'acknowledge-before-sync',
    breaks: 'A group is told durable when it is written and not synced (I1).',
    file: 'src/journal/group-commit.ts',
    find: 'if (last !== undefined && !(await this.#write(runs))) return undefined',
    replace: `if (last !== undefined && !(await this.#write(runs))) return undefined
    this.durable = end
    this.#listener.durable(end, this.synced)`,
    hunt: crash,
  },
  {
    name: 'two-groups-at-once',
    breaks:
      'A group begins while one is on its way: it writes that one once more, and lets go of what was not written (I1).',
    file: 'src/journal/group-commit.ts',
    find: 'if (this.#isCommitting || !this.#hasWork) return',
    replace: 'if (!this.#hasWork) return',
    hunt: { sweep: 'J8', seed: 1, first: 20, cases: 20 },
  },
  {
    name: 'no-folder-sync',
    breaks: 'The name of a new segment is not synced, and the segment is gone after a power cut (I1).',
    file: 'src/journal/group-commit.ts',
    find: 'await this.#disk.syncFolder(this.#dir)',
    replace: '',
    hunt: { sweep: 'J11', seed: 1, cases: 2000 },
  },
  {
    name: 'believe-a-second-sync',
    breaks: 'A sync that failed is tried again and believed; the first failure has dropped the pages (I1).',
    file: 'src/journal/group-commit.ts',
    find: "this.poison('sync', segmentName(file.base), error)\n      return false",
    replace: `await file.handle.sync()
      return error !== undefined`,
    hunt: { sweep: 'J8', seed: 1, first: 11, cases: 20 },
  },
  {
    name: 'acknowledge-when-poisoned',
    breaks: 'The group under way is acknowledged after something beside it has poisoned the journal (I10).',
    file: 'src/journal/group-commit.ts',
    find: 'if (this.failure !== undefined) return undefined\n    this.#pending.written(runs.length)',
    replace: 'this.#pending.written(runs.length)',
    hunt: { sweep: 'J8', seed: 1, first: 26, cases: 20 },
  },
  {
    name: 'full-disk-poisons',
    breaks: 'A full disk ends the journal instead of being waited out (I8).',
    file: 'src/journal/group-commit.ts',
    find: "if (!isNoSpace(error)) {\n      this.poison('write', name, error)",
    replace: "if (error !== undefined) {\n      this.poison('write', name, error)",
    hunt: { sweep: 'J8', seed: 1, first: 237, cases: 20 },
  },
  {
    name: 'full-disk-drops-a-group',
    breaks: 'A group that found no space is let go instead of tried again (I1).',
    file: 'src/journal/group-commit.ts',
    find: "this.#pressure.set('space', 'the disk is full')",
    replace: "this.#pressure.set('space', 'the disk is full')\n    this.#pending.written(1)",
    hunt: { sweep: 'J8', seed: 1, first: 236, cases: 20 },
  },
  {
    name: 'reserve-kept-back',
    breaks: 'The reserve is not given up on a full disk, so settling ends too (I8).',
    file: 'src/journal/pressure.ts',
    find: 'if (!this.#hasReserve) return false',
    replace: 'if (this.#hasReserve) return false',
    hunt: { sweep: 'J8', seed: 1, first: 237, cases: 20 },
  },
  {
    name: 'checkpoint-ahead',
    breaks:
      'The checkpoint is a witness of what was appended, not of what was synced: a torn tail is taken for damage (I8).',
    file: 'src/journal/group-commit.ts',
    find: '{ durable: this.synced }',
    replace: '{ durable: this.#segments.active.base + this.#segments.active.bytes }',
    hunt: { sweep: 'J11', seed: 1, cases: 2000 },
  },
  {
    name: 'witness-ahead',
    breaks: 'A frame says durable what was only appended: a torn tail is taken for damage (I8).',
    file: 'src/journal/appender.ts',
    find: 'durable: this.synced,',
    replace: 'durable: this.#end,',
    hunt: crash,
  },
  {
    name: 'snapshot-forgets-rows',
    breaks: 'The head of a segment does not keep the rows of one store in two (I5).',
    file: 'src/journal/state.ts',
    find: 'for (const [store, partition, key, value] of rows) setRow(group, store, partition, key, value)',
    replace: 'for (const [store, partition, key, value] of rows.slice(1)) setRow(group, store, partition, key, value)',
    hunt: crash,
  },

  // --- what is recovered

  {
    name: 'truncate-below-the-witness',
    breaks: 'What is known to have been durable is cut off as a torn tail (I1, I10).',
    file: 'src/journal/recovery.ts',
    find: 'if (base + found.end.offset < durable) throw damaged(dir, found)',
    replace: '',
    hunt: { sweep: 'J5', seed: 1, first: 4, cases: 20 },
  },
  {
    name: 'refuse-an-unwitnessed-tail',
    breaks: 'The torn tail of a crash is taken for damage, and the start refused (I8).',
    file: 'src/journal/recovery.ts',
    find: 'if (base + found.end.offset < durable) throw damaged(dir, found)',
    replace: 'if (found.end.offset < found.size) throw damaged(dir, found)',
    hunt: crash,
  },
  {
    name: 'cut-not-synced',
    breaks: 'What recovery has shown is not synced before it is shown (I1).',
    file: 'src/journal/recovery.ts',
    find: 'await file.sync()',
    replace: '',
    hunt: { sweep: 'J8', seed: 1, first: 13, cases: 20 },
  },
  {
    name: 'cache-believed',
    breaks: 'What has no witness is not written again: after a failed sync only the cache has it (I1).',
    file: 'src/journal/recovery.ts',
    find: 'await rewrite(file, Math.max(0, durable - base), end.offset)',
    replace: '',
    hunt: { sweep: 'J8', seed: 1, first: 14, cases: 20 },
  },
  {
    name: 'no-checksum',
    breaks: 'A frame whose checksum does not fit is taken (I4, I10).',
    file: 'src/journal/frame.ts',
    find: "if (crc32(buffer.subarray(start + 8, start + size)) !== crc) return 'checksum'",
    replace: '',
    hunt: { sweep: 'J4', seed: 1, cases: 20 },
  },
  {
    name: 'no-chain',
    breaks: 'A frame of an earlier life, whole and in its place, is taken for the one that was to be there (I4, I10).',
    file: 'src/journal/scan.ts',
    find: 'if (last !== undefined && (frame.chain !== last.crc || frame.sequence !== last.sequence + 1))',
    replace: 'if (last !== undefined && frame.sequence !== last.sequence + 1)',
    hunt: { sweep: 'J5', seed: 1, cases: 100 },
  },
  {
    name: 'zeros-are-records',
    breaks: 'A header of zeros, whose checksum of nothing fits, is taken for a frame of the year 1970 (I4).',
    file: 'src/journal/scan.ts',
    find: "if (typeof frame === 'string') return { offset, fault: frame, frames, last }",
    replace: `const header = window.buffer.subarray(window.at(offset), window.at(offset) + frameHeaderBytes)
    if (frame === 'no frame' && last !== undefined && offset + frameHeaderBytes <= range.to && header.every((byte) => byte === 0)) {
      const { sequence } = last
      last = { sequence: sequence + 1, crc: 0 }
      await visit({
        ...{ kind: 2, flags: 0, blocks: 0, position: range.base + offset, time: 0, durable: 0, chain: 0 },
        ...{ ...last, size: frameHeaderBytes, buffer: window.buffer, start: window.at(offset) },
      })
      offset += frameHeaderBytes
      frames++
      continue
    }
    if (typeof frame === 'string') return { offset, fault: frame, frames, last }`,
    hunt: { sweep: 'J10', seed: 1, first: 50, cases: 20 },
  },
  {
    name: 'zeros-end-the-journal',
    breaks:
      'Zeros up to the end of a file are taken for room that was set ahead, also where frames are known to have been durable (I1, I10).',
    file: 'src/journal/recovery.ts',
    find: 'if (base + found.end.offset < durable) throw damaged(dir, found)',
    replace: `const { end, size, filled } = found
    if (base + end.offset < durable && (filled > end.offset || size === end.offset)) throw damaged(dir, found)`,
    hunt: { sweep: 'J5', seed: 1, first: 40, cases: 20 },
  },
  {
    name: 'index-believed',
    breaks: 'A damaged index is believed, and records are not found (I1, I10).',
    file: 'src/journal/index-file.ts',
    find: 'if (bytes === undefined || crc32(bytes.subarray(12)) !== head.readUInt32LE(8)) return undefined',
    replace: 'if (bytes === undefined) return undefined',
    hunt: { sweep: 'J4', seed: 1, first: 2, cases: 20 },
  },

  // --- what is given back

  {
    name: 'delete-live-entries',
    breaks: 'A segment is removed while some of it is live (I1).',
    file: 'src/journal/housekeeper.ts',
    find: 'this.#liveBytes(segment) === 0',
    replace: 'this.#liveBytes(segment) < segment.bytes / 2',
    hunt: crash,
  },
  {
    name: 'clean-without-copying',
    breaks: 'Of a segment that is cleaned the last piece is not copied (I1).',
    file: 'src/journal/housekeeper.ts',
    find: 'if (bytes >= pieceBytes) await flush()\n    }\n    await flush()',
    replace: 'if (bytes >= pieceBytes) await flush()\n    }',
    hunt: crash,
  },
  {
    name: 'snapshot-forgets-the-set-above',
    breaks: 'The head of a segment keeps the watermark of a position, and not what is settled above it (I2).',
    file: 'src/journal/state.ts',
    find: `      for (const [topic, partition, watermark, above] of positions)
        this.#setPosition(group, topic, partition, watermark, above)`,
    replace: `      for (const [topic, partition, watermark] of positions)
        this.#setPosition(group, topic, partition, watermark, [])`,
    hunt: { sweep: 'SEEDS', seed: 1, first: 8, cases: 20, isSmall: true },
  },
  {
    name: 'expire-the-unsettled',
    breaks: 'Retention passes over what a group has still to settle (I1).',
    file: 'src/journal/retention.ts',
    find: 'begin: Math.min(given, unsettled.from(topic.name, partition), end)',
    replace: 'begin: Math.min(given, end)',
    hunt: { sweep: 'J14', seed: 1, first: 1, cases: 20 },
  },
  {
    name: 'tombstone-too-early',
    breaks: 'A tombstone goes while an older value of its key is on the disk, which comes back (I5).',
    file: 'src/journal/compaction.ts',
    find: 'return entry.isTombstone && newest.count === 1 && entry',
    replace: 'return entry.isTombstone && entry',
    hunt: { sweep: 'J14', seed: 1, cases: 20 },
  },
  {
    name: 'compact-the-newest',
    breaks: 'Compaction takes the newest entry of a key (I1).',
    file: 'src/journal/compaction.ts',
    find: 'if (offset < newest.offset) return true',
    replace: 'if (offset <= newest.offset) return true',
    hunt: { sweep: 'J14', seed: 1, cases: 20 },
  },
]
