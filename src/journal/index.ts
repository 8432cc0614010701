export type {
  Durability,
  Journal,
  JournalListener,
  JournalLog,
  JournalOptions,
  JournalRetention,
  JournalTopic,
  JournalTopicSpec,
  OpenReport,
  PlacedRecord,
  ReadLimits,
  SegmentContents,
  SegmentInfo,
} from './journal.ts'
export { openJournal } from './open-journal.ts'
export { verifyJournal } from './verify.ts'
export type { ToolOptions, VerifyReport } from './verify.ts'
export { dumpJournal } from './dump.ts'
export type { DumpLine, DumpedDamage, DumpedEntry, DumpedFrame } from './dump.ts'
export { salvageJournal } from './salvage.ts'
export type { SalvageOptions, SalvageReport } from './salvage.ts'
export type { Damage, LostRange } from './loss.ts'
export type { Gap } from './survey.ts'
export type { HousekeepingReport } from './housekeeper.ts'
