/** An entry while an app runs. */
import type { StandardSchema } from '../schema/standard.ts'
import type { Pause } from './controls.ts'
import type { EntryDefinition } from './definition.ts'
import { SeenIds } from './seen-ids.ts'

export class EntryRuntime {
  readonly definition: EntryDefinition
  readonly source: string
  /** What its events are validated by; a validator may make its face anew each time that it is asked for. */
  readonly schema: StandardSchema | undefined
  readonly seen: SeenIds
  /** For events without a key: partitions in turn. */
  turn = 0
  /** An operator lets nothing in. */
  pause: Pause | undefined = undefined

  constructor(definition: EntryDefinition, app: string) {
    this.definition = definition
    this.source = ['', app, definition.name].join('/') // One piece, which is written for each record.
    const schema = definition.inSchema ?? definition.from?.topic.schema
    this.schema = schema === undefined ? undefined : { '~standard': schema['~standard'] }
    this.seen = new SeenIds(definition.name, definition.dedupe)
  }
}
