/** What a topic is for, by its name. Names of apps, stops and declared topics have no dots. */

/** `declared` topics belong to no stop. */
export interface TopicRole {
  readonly kind: 'input' | 'parked' | 'dead' | 'ended' | 'errors' | 'declared' | 'changes'
  readonly app: string | undefined
  /** The stop, or as `entry.mail` the entry that reads a declared topic. */
  readonly stop: string | undefined
  /** Whose changes it holds. */
  readonly store?: string
}

const kinds: { readonly [suffix: string]: TopicRole['kind'] } = { parked: 'parked', dlq: 'dead' }

/** Reads the names that `runtime/topics.ts` makes. */
export function roleOf(topic: string): TopicRole {
  const [app, second, ...rest] = topic.split('.')
  if (second === undefined) return { kind: 'declared', app: undefined, stop: undefined }
  if (rest.length === 0) {
    if (second === 'ended' || second === 'errors') return { kind: second, app, stop: undefined }
    return { kind: 'input', app, stop: second }
  }
  if (rest.length === 1 && rest[0] === 'changelog') return { kind: 'changes', app, stop: undefined, store: second }
  return {
    kind: kinds[rest.at(-1) ?? ''] ?? 'input',
    app,
    stop: second === 'entry' && rest.length === 2 ? `entry.${rest[0]}` : second,
  }
}
