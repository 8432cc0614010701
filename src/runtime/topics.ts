/** The names of the topics that an app uses, in one place. Dots cannot occur in names, so no two of them can be equal. */
export interface StopTopics {
  readonly input: string
  readonly parking: string
  readonly dead: string
}

export function stopTopics(app: string, stop: string): StopTopics {
  return { input: `${app}.${stop}`, parking: `${app}.${stop}.parked`, dead: `${app}.${stop}.dlq` }
}

/** What an entry that reads a topic is called where stops are: a stop may have the same name as an entry, and no name of a stop has a dot. */
export const readerName = (entry: string): string => `entry.${entry}`

/** For an entry that reads a declared topic: the topic itself, and places for what cannot enter. */
export function entryTopics(app: string, entry: string, topic: string): StopTopics {
  return { input: topic, parking: `${app}.${readerName(entry)}.parked`, dead: `${app}.${readerName(entry)}.dlq` }
}

/** One small record for each ended ride. */
export const endedTopic = (app: string): string => `${app}.ended`

/** The log of a store: its newest change of each key. */
export const changelogTopic = (app: string, store: string): string => `${app}.${store}.changelog`

/** Failures that did not stop an event. */
export const errorsTopic = (app: string): string => `${app}.errors`
