/** What a member does about each error code of its coordinator; total, so that a code that nobody thought of is loud and not a loop. */
import { codes } from './codes.ts'

/**
 * `again`: a little later, at the same coordinator. `elsewhere`: at the coordinator that is looked for anew. `fenced`: everything that was owned is
 * lost, and the member joins anew. `taken`: another holds the static name; it may yet go. `refused`: membership cannot go on.
 */
export type GroupVerdict = 'again' | 'elsewhere' | 'fenced' | 'taken' | 'refused'

const unknownServerError = -1
const groupIdNotFound = 69

const verdicts: ReadonlyMap<number, GroupVerdict> = new Map([
  [unknownServerError, 'again'],
  [codes.REQUEST_TIMED_OUT, 'again'],
  [codes.COORDINATOR_LOAD_IN_PROGRESS, 'again'],
  [codes.THROTTLING_QUOTA_EXCEEDED, 'again'],
  [codes.UNSTABLE_OFFSET_COMMIT, 'again'],
  [codes.NOT_COORDINATOR, 'elsewhere'],
  [codes.COORDINATOR_NOT_AVAILABLE, 'elsewhere'],
  [groupIdNotFound, 'fenced'],
  [codes.UNKNOWN_MEMBER_ID, 'fenced'],
  [codes.FENCED_MEMBER_EPOCH, 'fenced'],
  [codes.STALE_MEMBER_EPOCH, 'fenced'],
  [codes.ILLEGAL_GENERATION, 'fenced'],
  [codes.UNRELEASED_INSTANCE_ID, 'taken'],
])

export const groupVerdict = (code: number): GroupVerdict => verdicts.get(code) ?? 'refused'
