/**
 * Every signal that Metrobus gives of itself, declared once: the runtime measures by these, exporters name by these, and docs/reference/metrics.md and the alert rules are
 * made from them. Names are public: one is added, never changed.
 */

/** What a signal is, and how it is called. */
export interface Signal {
  /** In Prometheus: snake case, base units, counters end with `_total`. */
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram' | 'summary'
  /** By UCUM: `s`, `By`, `1`, or what is counted in braces. */
  readonly unit: string
  readonly labels: readonly string[]
  /** One sentence. */
  readonly help: string
  /** Its name in OpenTelemetry, where the semantic conventions have one for it. Default: the name with a dot behind the first word. */
  readonly convention?: string
}

/** Bounds of handler times in seconds: those that OpenTelemetry advises, and two for what takes longer than a request. */
export const handlerBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
]

/** Bounds of ride times in seconds: a ride may wait for retries. */
export const rideBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86_400,
]

/** Label values of one kind are bounded; what comes beyond has this one, as in OpenTelemetry. */
export const otherLabel = '_OTHER'

// `as const` keeps each name for the type of the keys, the annotation below the shape.
const declared = {
  eventsReceived: {
    name: 'metrobus_events_received_total',
    kind: 'counter',
    unit: '{event}',
    labels: ['app', 'stop', 'topic'],
    help: 'Events that a stop was given, each once however often it was tried.',
  },
  eventsConsumed: {
    name: 'metrobus_events_consumed_total',
    kind: 'counter',
    unit: '{event}',
    labels: ['app', 'stop', 'topic', 'outcome'],
    help: 'Events that a stop has decided, by outcome: forwarded, done, dropped, split, dead.',
    convention: 'messaging.client.consumed.messages',
  },
  drops: {
    name: 'metrobus_drops_total',
    kind: 'counter',
    unit: '{event}',
    labels: ['app', 'stop', 'reason'],
    help: 'Events that a stop has dropped, by the slug of its drop().',
  },
  eventsProduced: {
    name: 'metrobus_events_produced_total',
    kind: 'counter',
    unit: '{event}',
    labels: ['app', 'topic'],
    help: 'Records that the app has appended to a topic, once they were durable.',
    convention: 'messaging.client.sent.messages',
  },
  entryEvents: {
    name: 'metrobus_entry_events_total',
    kind: 'counter',
    unit: '{event}',
    labels: ['app', 'outcome'],
    help: 'Events that were brought to the entries, by outcome: accepted, duplicate, refused.',
  },
  handlerDuration: {
    name: 'metrobus_handler_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['app', 'stop'],
    help: 'Time that the handler of a stop took for one try, whatever came of it.',
    convention: 'messaging.process.duration',
  },
  handlerInflight: {
    name: 'metrobus_handler_inflight',
    kind: 'gauge',
    unit: '{event}',
    labels: ['app', 'stop'],
    help: 'Events whose handler runs or waits for a limit of its stop.',
  },
  stopPaused: {
    name: 'metrobus_stop_paused',
    kind: 'gauge',
    unit: '1',
    labels: ['app', 'stop', 'topic'],
    help: '1 while an operator holds the stop, or a line that passes it, back; else 0.',
  },
  retries: {
    name: 'metrobus_retries_total',
    kind: 'counter',
    unit: '{try}',
    labels: ['app', 'stop', 'reason'],
    help: 'Failures that will be tried again, by the code or name of the error.',
  },
  waits: {
    name: 'metrobus_waits_total',
    kind: 'counter',
    unit: '{event}',
    labels: ['app', 'stop'],
    help: 'Times that a stop found it too early for an event and answered wait().',
  },
  parkedKeys: {
    name: 'metrobus_parked_keys',
    kind: 'gauge',
    unit: '{key}',
    labels: ['app', 'stop'],
    help: 'Keys whose oldest event waits for a retry or for an operator, on this process.',
  },
  parkedKeyOldest: {
    name: 'metrobus_parked_key_oldest_seconds',
    kind: 'gauge',
    unit: 's',
    labels: ['app', 'stop'],
    help: 'Time since the first failure of the key that has been parked the longest; 0 when none is.',
  },
  deadLetters: {
    name: 'metrobus_dead_letters_total',
    kind: 'counter',
    unit: '{event}',
    labels: ['app', 'stop', 'reason'],
    help: 'Events given up, by the slug of deadLetter(), or the code or name of the error.',
  },
  deadLettersWaiting: {
    name: 'metrobus_dead_letters_waiting',
    kind: 'gauge',
    unit: '{event}',
    labels: ['app', 'stop'],
    help: 'Dead letters that nobody has replayed or discarded yet.',
  },
  faults: {
    name: 'metrobus_faults_total',
    kind: 'counter',
    unit: '{fault}',
    labels: ['app'],
    help: 'Lines of the error log: failures that did not stop an event.',
  },
  lagRecords: {
    name: 'metrobus_consumer_lag_records',
    kind: 'gauge',
    unit: '{record}',
    labels: ['group', 'topic', 'partition'],
    help: 'Records of a partition that the group has not settled; told by the process that has the partition.',
  },
  lagSeconds: {
    name: 'metrobus_consumer_lag_seconds',
    kind: 'gauge',
    unit: 's',
    labels: ['group', 'topic'],
    help: 'Age of the oldest record of a topic that the group has not settled; 0 when none waits.',
  },
  rideDuration: {
    name: 'metrobus_ride_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['app', 'route', 'outcome'],
    help: "From the event's time to the durable end of its ride, by line and by how it ended: done, dropped, dead, discarded.",
  },
  rebalances: {
    name: 'metrobus_rebalance_total',
    kind: 'counter',
    unit: '{rebalance}',
    labels: ['group'],
    help: 'Times that partitions were given to this process or taken from it.',
  },
  entriesPressed: {
    name: 'metrobus_entries_pressed',
    kind: 'gauge',
    unit: '1',
    labels: ['app'],
    help: '1 while the bus asks entries to wait, because it is short of space or memory.',
  },
  appFailed: {
    name: 'metrobus_app_failed',
    kind: 'gauge',
    unit: '1',
    labels: ['app', 'code'],
    help: '1 once the app cannot go on, with the code of the error, such as MB_JOURNAL_POISONED.',
  },
  busReadable: {
    name: 'metrobus_bus_readable',
    kind: 'gauge',
    unit: '1',
    labels: ['app'],
    help: '1 when the bus has told its positions for this answer; 0 when it has not, and then lag and sizes are missing from it.',
  },
  logBytes: {
    name: 'metrobus_log_bytes',
    kind: 'gauge',
    unit: 'By',
    labels: ['topic'],
    help: 'Bytes that a topic of the app takes on the bus, where the bus tells.',
  },
  logWritten: {
    name: 'metrobus_log_written_bytes_total',
    kind: 'counter',
    unit: 'By',
    labels: ['app'],
    help: 'Bytes that the embedded journal has written.',
  },
  logSync: {
    name: 'metrobus_log_fsync_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['app'],
    help: 'Time that the embedded journal waited for the disk, one sync a group of commits.',
  },
  logFree: {
    name: 'metrobus_log_free_bytes',
    kind: 'gauge',
    unit: 'By',
    labels: ['app'],
    help: 'Bytes free on the disk of the embedded journal.',
  },
  labelsCapped: {
    name: 'metrobus_labels_capped_total',
    kind: 'counter',
    unit: '{measurement}',
    labels: ['app', 'metric'],
    help: "Measurements of the app's own metrics that went to the label values _OTHER, because there were too many.",
  },
  buildInfo: {
    name: 'metrobus_build_info',
    kind: 'gauge',
    unit: '1',
    labels: ['app', 'version', 'node_version', 'code_version'],
    help: 'Always 1: which code runs.',
  },
} as const

export type SignalName = keyof typeof declared

export const signals: Readonly<Record<SignalName, Signal>> = declared
