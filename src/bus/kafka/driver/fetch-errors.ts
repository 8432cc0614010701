/** What a fetcher does about each error code of a partition; total, so that a code that nobody thought of is loud and not a loop. */
import { codes } from './codes.ts'

/**
 * `again`: a little later, at the same broker. `moved`: learn the leaders, then again. `missing`: the same, and not for ever.
 * `range`: somebody must say where to go on. `refused`: fetching cannot go on.
 */
export type FetchVerdict = 'again' | 'moved' | 'missing' | 'range' | 'refused'

const unknownServerError = -1

const verdicts: ReadonlyMap<number, FetchVerdict> = new Map([
  [unknownServerError, 'again'],
  [codes.CORRUPT_MESSAGE, 'again'],
  [codes.REQUEST_TIMED_OUT, 'again'],
  [codes.OFFSET_NOT_AVAILABLE, 'again'],
  [codes.THROTTLING_QUOTA_EXCEEDED, 'again'],
  [codes.LEADER_NOT_AVAILABLE, 'moved'],
  [codes.NOT_LEADER_OR_FOLLOWER, 'moved'],
  [codes.REPLICA_NOT_AVAILABLE, 'moved'],
  [codes.KAFKA_STORAGE_ERROR, 'moved'],
  [codes.FENCED_LEADER_EPOCH, 'moved'],
  [codes.UNKNOWN_LEADER_EPOCH, 'moved'],
  [codes.UNKNOWN_TOPIC_OR_PARTITION, 'missing'],
  [codes.UNKNOWN_TOPIC_ID, 'missing'],
  [codes.INCONSISTENT_TOPIC_ID, 'missing'],
  [codes.OFFSET_OUT_OF_RANGE, 'range'],
])

export const fetchVerdict = (code: number): FetchVerdict => verdicts.get(code) ?? 'refused'

/** Codes of a whole answer that mean that the broker has forgotten the session; it is made anew at once. */
const fetchSessionTopicIdError = 106
const forgotten: ReadonlySet<number> = new Set([
  codes.FETCH_SESSION_ID_NOT_FOUND,
  codes.INVALID_FETCH_SESSION_EPOCH,
  fetchSessionTopicIdError,
])

export const isSessionForgotten = (code: number): boolean => forgotten.has(code)
