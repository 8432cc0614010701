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
