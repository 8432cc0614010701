/**
 * The catalogue of coded errors: one line a code, permanent, never reused. A message says what happened and what to do.
 * `family`: `retry` the same work later, `stop` the process or the start, `park` the event, `refuse` the caller.
 */
import { adminErrors } from './admin-errors.ts'
import { busErrors } from './bus-errors.ts'
import { kafkaErrors } from './kafka-errors.ts'
import { storeErrors } from './store-errors.ts'

const general = {
  // definition: programmer mistakes, thrown while an app is put together
  MB_BAD_OPTIONS: {
    family: 'stop',
    message: (f: { what: string; faults: readonly string[] }): string =>
      `${f.what} cannot be used: ${f.faults.join('; ')}.`,
  },
  MB_BAD_NAME: {
    family: 'stop',
    message: (f: { kind: string; name: string }): string =>
      `The ${f.kind} name ${JSON.stringify(f.name)} is not allowed: use 1 to 100 of a-z, 0-9 and "-", beginning with a letter.`,
  },
  MB_DUPLICATE_NAME: {
    family: 'stop',
    message: (f: { kind: string; name: string }): string =>
      `Two ${f.kind}s are called "${f.name}": give each its own name.`,
  },
  MB_UNDECLARED_TARGET: {
    family: 'park',
    message: (f: { where: string; target: string; declared: readonly string[] }): string =>
      `${f.where} chose "${f.target}", which it did not declare: it declared ${f.declared.join(', ') || 'nothing'}.`,
  },
  // entry
  MB_INVALID_EVENT: {
    family: 'refuse',
    message: (f: { entry: string; issues: readonly string[] }): string =>
      `The entry "${f.entry}" refused an event: ${f.issues.join('; ')}.`,
  },
  MB_UNKNOWN_ENTRY: {
    family: 'refuse',
    message: (f: { entry: string; known: readonly string[] }): string =>
      `There is no entry "${f.entry}": this app has ${f.known.join(', ')}.`,
  },
  MB_ENTRY_PAUSED: {
    family: 'refuse',
    message: (f: { entry: string; since: string; reason: string }): string =>
      `The entry "${f.entry}" takes no events: an operator paused it at ${f.since} (${f.reason}). Send again when it is resumed.`,
  },
  // stop
  MB_BAD_OUTCOME: {
    family: 'park',
    message: (f: { outcome: string; fault: string }): string => `${f.outcome}() cannot be an outcome: ${f.fault}.`,
  },
  MB_NO_OUTCOME: {
    family: 'park',
    message: (f: { stop: string }): string =>
      `The stop "${f.stop}" declares an output and returned undefined: return a value, null for a tombstone, or an outcome such as drop('slug').`,
  },
  MB_MISSING_PACKAGE: {
    family: 'stop',
    message: (f: { package: string; range: string }): string =>
      `The package ${f.package} is needed and not installed: npm install ${f.package}@${f.range}.`,
  },
  MB_BAD_MEASUREMENT: {
    family: 'park',
    message: (f: { metric: string; fault: string }): string => `The metric "${f.metric}" was not measured: ${f.fault}.`,
  },
  // itinerary
  MB_BAD_SLIP: {
    family: 'park',
    message: (f: { slip: string }): string =>
      `${JSON.stringify(f.slip.slice(0, 200))} is not an itinerary: it was not written by Metrobus, or was altered on the way.`,
  },
  MB_NO_ROUTE: {
    family: 'park',
    message: (f: { router: string; after: string }): string =>
      `"${f.router}" has no way for this event after "${f.after}": add a rule that holds for it, or one without a condition.`,
  },
  MB_SLIP_FORGED: {
    family: 'park',
    message: (f: { id: string; reason: string }): string =>
      `The itinerary of the event ${JSON.stringify(f.id.slice(0, 200))} is refused: ${f.reason}.`,
  },
  // journal
  MB_JOURNAL_CORRUPT: {
    family: 'stop',
    message: (f: { file: string; offset: number; range: number; detail: string }): string =>
      `The journal is damaged: ${f.file} at byte ${f.offset}, ${f.range} bytes (${f.detail}). Nothing was changed: restore the file, or copy what is whole with "metrobus journal salvage".`,
  },
  MB_JOURNAL_LOCKED: {
    family: 'stop',
    message: (f: { dir: string; holder: string }): string =>
      `The journal in ${f.dir} is in use by ${f.holder}: stop that process, or use another folder.`,
  },
  MB_JOURNAL_NEWER: {
    family: 'stop',
    message: (f: { file: string; version: number; known: number }): string =>
      `${f.file} has format version ${f.version} and this release knows up to ${f.known}: use a newer release. Nothing was changed.`,
  },
  MB_SALVAGE_TARGET: {
    family: 'refuse',
    message: (f: { dir: string }): string => `There is a journal in ${f.dir} already: salvage to another folder.`,
  },
  MB_JOURNAL_MISSING: {
    family: 'stop',
    message: (f: { dir: string }): string =>
      `There is no journal in ${f.dir}: name the folder that an app was started with.`,
  },
  MB_JOURNAL_POISONED: {
    family: 'stop',
    message: (f: { file: string; call: string; error: string }): string =>
      `The journal cannot go on: ${f.call} of ${f.file} failed (${f.error}), so what the disk holds is not known. Nothing later was acknowledged: check the disk and start again.`,
  },
  MB_JOURNAL_CLOSED: {
    family: 'stop',
    message: (f: { dir: string }): string => `The journal in ${f.dir} is closed.`,
  },
  MB_JOURNAL_READ_ONLY: {
    family: 'refuse',
    message: (f: { dir: string }): string =>
      `The journal in ${f.dir} was opened read-only: nothing can be appended to it.`,
  },
  MB_NO_SPACE: {
    family: 'refuse',
    message: (f: { dir: string; reason: string }): string =>
      `The journal in ${f.dir} takes no new events: ${f.reason}. It goes on by itself when that ends.`,
  },
  MB_UNIT_TOO_LARGE: {
    family: 'refuse',
    message: (f: { bytes: number; bytesMax: number }): string =>
      `A commit unit of ${f.bytes} bytes is larger than the journal takes (${f.bytesMax}): settle fewer events at once, or send smaller ones.`,
  },
  MB_POSITION_WENT_BACK: {
    family: 'stop',
    message: (f: { group: string; topic: string; partition: number; from: number; to: number }): string =>
      `The group "${f.group}" would move from ${f.from} to ${f.to} in ${f.topic}/${f.partition}: positions never go back nor beyond the end but by an operator's seek.`,
  },
  MB_UNKNOWN_TOPIC: {
    family: 'refuse',
    message: (f: { topic: string; partition: number }): string =>
      `There is no partition ${f.partition} of a topic "${f.topic}".`,
  },
  MB_TOPIC_MISMATCH: {
    family: 'stop',
    message: (f: { topic: string; partitions: number; wanted: number }): string =>
      `The topic "${f.topic}" has ${f.partitions} partitions and not ${f.wanted}: keep the number, or use another topic.`,
  },
  MB_DISK_FAILED: {
    family: 'retry',
    message: (f: { file: string; call: string; error: string }): string =>
      `${f.call} of ${f.file} failed (${f.error}).`,
  },
  // connectors
  MB_INPUT_UNREADABLE: {
    family: 'stop',
    message: (f: { input: string; reason: string }): string => `The input ${f.input} cannot be read: ${f.reason}.`,
  },
  MB_ARCHIVE_DAMAGED: {
    family: 'stop',
    message: (f: { path: string; line: number; offset: number }): string =>
      `Line ${f.line} of the archive ${f.path}, at byte ${f.offset}, is no ride of an archive: restore the file, or move it away. Nothing was changed.`,
  },
  MB_ARCHIVE_FULL: {
    family: 'stop',
    message: (f: { path: string; rides: number }): string =>
      `The archive ${f.path} holds ${f.rides} rides, its limit: raise ridesMax, or begin another file.`,
  },
  MB_ARCHIVE_FAILED: {
    family: 'stop',
    message: (f: { path: string; call: string; error: string }): string =>
      `The archive ${f.path} cannot go on: ${f.call} failed (${f.error}), so what the disk holds is not known. Check the disk and start again.`,
  },
  MB_ARCHIVE_LOCKED: {
    family: 'stop',
    message: (f: { path: string }): string =>
      `The archive ${f.path} is in use: end the process that writes to it, or close it there, or take another file.`,
  },
  MB_ARCHIVE_CLOSED: {
    family: 'stop',
    message: (f: { path: string }): string => `The archive ${f.path} is closed.`,
  },
  // command line
  MB_UNEXPECTED: {
    family: 'stop',
    message: (f: { message: string }): string => f.message,
  },
  MB_BAD_ARGUMENT: {
    family: 'refuse',
    message: (f: { argument: string; problem: string }): string => `${f.argument} ${f.problem}.`,
  },
  MB_NO_APP_MODULE: {
    family: 'refuse',
    message: (f: { path: string }): string => `There is no file ${f.path}: name the module that exports the app.`,
  },
  MB_APP_MODULE_FAILED: {
    family: 'stop',
    message: (f: { path: string }): string => `The module ${f.path} failed while it was loaded.`,
  },
  MB_NOT_AN_APP: {
    family: 'refuse',
    message: (f: { path: string; found: string }): string =>
      `The default export of ${f.path} is ${f.found} and not an app: write \`export default () => metrobus('name', { entries })\`.`,
  },
  MB_LINE_REFUSED: {
    family: 'refuse',
    message: (f: { line: number }): string => `Line ${f.line} was not sent.`,
  },
  MB_TIMED_OUT: {
    family: 'refuse',
    message: (f: { what: string; afterMs: number }): string => `${f.what} did not end within ${f.afterMs / 1000} s.`,
  },
  // test kit
  MB_NEVER_AT_REST: {
    family: 'stop',
    message: (f: { turns: number }): string =>
      `What runs on the virtual clock did not come to rest within ${f.turns} turns: something asks for another turn again and again.`,
  },
  MB_REAL_IO: {
    family: 'park',
    message: (f: { call: string; who: string }): string =>
      `${f.call} reaches the world outside, and ${f.who} called it where time is virtual and nothing real can be waited for: let the app take it as a dependency, and give it a fake.`,
  },
  MB_NOT_CAUGHT_UP: {
    family: 'refuse',
    message: (f: { app: string; afterMs: number; waiting: readonly string[] }): string =>
      `The app "${f.app}" had not caught up after ${f.afterMs / 1000} s: ${f.waiting.join('; ') || 'nothing is left that could go on'}.`,
  },
  MB_CHAOS: {
    family: 'retry',
    message: (f: { seed: number; event: string; when: 'before' | 'after' }): string =>
      `chaos() lets the event ${f.event} fail ${f.when} its handler, with seed ${f.seed}: nothing is wrong with the handler.`,
  },

  // runtime
  MB_APP_FAILED: {
    family: 'stop',
    message: (f: { app: string }): string =>
      `The app "${f.app}" cannot go on: see the cause, mend it, and start the app again.`,
  },
  MB_STOPPING: {
    family: 'refuse',
    message: (f: { app: string }): string =>
      `The app "${f.app}" is stopping and takes no more events: send again when it runs.`,
  },
  MB_SEND_IN_STOP: {
    family: 'park',
    message: (f: { entry: string }): string =>
      `send("${f.entry}") was called inside a stop: use ctx.emit, so that the event rides in the same commit unit.`,
  },
  MB_LATE_EMIT: {
    family: 'park',
    message: (f: { stop: string; id: string }): string =>
      `The stop "${f.stop}" emitted for event ${f.id} after its outcome was decided: await everything before you return.`,
  },
  MB_NOT_JSON: {
    family: 'park',
    message: (f: { where: string; type: string }): string =>
      `"${f.where}" gave data of type ${f.type} that JSON cannot hold: give plain data.`,
  },
  MB_TOO_DEEP: {
    family: 'park',
    message: (f: { levelsMax: number }): string =>
      `The data is nested deeper than ${f.levelsMax} levels: flatten it, or send it as text.`,
  },
  MB_TOO_LARGE: {
    family: 'park',
    message: (f: { where: string; of: string; bytes: number; bytesMax: number }): string =>
      `"${f.where}" gave ${f.bytes} bytes of ${f.of}, and ${f.bytesMax} are the limit: put large data elsewhere and send where it is.`,
  },
  MB_BAD_KEY: {
    family: 'park',
    message: (f: { where: string; type: string }): string =>
      `The key of ${f.where} is ${f.type}: a key is text, or null for none.`,
  },
  MB_UNKNOWN_STOP: {
    family: 'park',
    message: (f: { stop: string; slip: string }): string =>
      `The itinerary goes to "${f.stop}", which this app does not have (${f.slip}): put the stop back, or replay the event once its line is right.`,
  },
  MB_HOP_LIMIT: {
    family: 'park',
    message: (f: { slip: string; limit: number }): string =>
      `The ride took more than its ${f.limit} hops, so it goes in a circle (${f.slip}): look at the reroutes and rules of the stops in it.`,
  },
  MB_TOO_MANY_CHILDREN: {
    family: 'park',
    message: (f: { stop: string; count: number; limit: number }): string =>
      `The stop "${f.stop}" split an event into ${f.count}, and of the children that its ride may have ${f.limit} are left to it: split into fewer, or let each part enter by itself.`,
  },
  MB_BATCH_OUTCOMES: {
    family: 'park',
    message: (f: { stop: string; events: number; outcomes: number | string }): string =>
      `The batch stop "${f.stop}" was given ${f.events} events and answered ${f.outcomes} outcomes: answer one for each event, in order.`,
  },
  MB_DEADLINE: {
    family: 'retry',
    message: (f: { stop: string; deadlineMs: number }): string =>
      `The stop "${f.stop}" took longer than its deadline of ${f.deadlineMs} ms.`,
  },
  MB_STUCK: {
    family: 'stop',
    message: (f: { stop: string; late: number; concurrency: number }): string =>
      `${f.late} of ${f.concurrency} handlers of the stop "${f.stop}" are past their deadline and do not end: let them heed ctx.signal.`,
  },
  MB_LOOP_BLOCKED: {
    family: 'retry',
    message: (f: { blockedMs: number; stop: string | undefined }): string =>
      `The event loop was blocked for ${f.blockedMs} ms${f.stop === undefined ? '' : ` by the stop "${f.stop}"`}: nothing else ran meanwhile. Let long work give way, or do it in a worker thread.`,
  },
  MB_REVOKED: {
    family: 'retry',
    message: (f: { stop: string; partition: number }): string =>
      `Partition ${f.partition} of the stop "${f.stop}" went to another member: the event is handled there.`,
  },
  MB_SCHEMA_CHANGED: {
    family: 'park',
    message: (f: { stop: string; version: string; issues: readonly string[] }): string =>
      `An event plotted by ${f.version} does not fit the stop "${f.stop}" as it is now: ${f.issues.join('; ')}.`,
  },
  MB_ASYNC_SCHEMA: {
    family: 'park',
    message: (f: { where: string }): string =>
      `The validator of "${f.where}" is asynchronous, and ctx.emit cannot wait for it: take a synchronous one.`,
  },
  MB_NOT_OWNER: {
    family: 'stop',
    message: (f: { topic: string; app: string; owner?: string }): string =>
      `The app "${f.app}" may not publish to the topic "${f.topic}"${f.owner === undefined ? ': list it in its `publishes`' : `, which belongs to the app "${f.owner}": a topic has one owner`}.`,
  },
  MB_STOP_REMOVED: {
    family: 'stop',
    message: (f: { app: string; stop: string; waiting: number; dead: number }): string =>
      `The app "${f.app}" no longer has the stop "${f.stop}", which has left ${f.waiting} events that wait and ${f.dead} dead letters: start the version that has it until they are dealt with, or start with removedStops: 'discard'.`,
  },
  MB_KILLED_PROCESS: {
    family: 'park',
    message: (f: { stop: string; id: string; deaths: number }): string =>
      `Event ${f.id} killed the process ${f.deaths} times while it ran alone at the stop "${f.stop}".`,
  },
} as const

export const catalogue: typeof general &
  typeof adminErrors &
  typeof busErrors &
  typeof storeErrors &
  typeof kafkaErrors = {
  ...general,
  ...adminErrors,
  ...busErrors,
  ...storeErrors,
  ...kafkaErrors,
}
