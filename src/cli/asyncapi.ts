import { stopsOfApp } from '../runtime/app.ts'
import type { AppDefinition, EntryDefinition, TopicDefinition } from '../runtime/definition.ts'
/**
 * Apps as one AsyncAPI 3 document: a channel for each topic that events ride on, an operation for each entry, each stop, and each stop's way to a declared topic. The data of
 * messages is described where its validator speaks JSON Schema, and may be anything otherwise.
 */
import { readerName, stopTopics } from '../runtime/topics.ts'
import type { StandardSchema } from '../schema/standard.ts'
import type { StopDefinition } from '../stop/definition.ts'

export interface AsyncApiOptions {
  /** What the channels lie on, when they are to say more than a name. */
  readonly binding?: 'kafka' | undefined
  /** What the Kafka bus puts before names. Default: nothing. */
  readonly prefix?: string | undefined
}

interface Reference {
  readonly $ref: string
}

interface Channel {
  readonly address: string | null
  readonly description: string
  readonly messages: { readonly event: Reference }
  readonly bindings?: object
}

interface Operation {
  readonly action: 'send' | 'receive'
  readonly channel: Reference
  readonly summary: string
  readonly tags?: readonly { readonly name: string }[]
}

interface Message {
  readonly name: string
  readonly contentType: 'application/json'
  readonly payload?: unknown
}

/** A document of AsyncAPI 3.0, as far as it is made here. */
export interface AsyncApi {
  readonly asyncapi: '3.0.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly defaultContentType: 'application/json'
  readonly channels: Readonly<Record<string, Channel>>
  readonly operations: Readonly<Record<string, Operation>>
  readonly components: { readonly messages: Readonly<Record<string, Message>> }
}

/** The document of one app, or of several that tell each other through topics. */
export function asyncApiOf(apps: readonly AppDefinition[], options: AsyncApiOptions = {}): AsyncApi {
  const document = new Document(options)
  for (const app of apps) document.add(app)
  return {
    asyncapi: '3.0.0',
    info: {
      title: apps.map(({ name }) => name).join(', '),
      version: apps.map(({ codeVersion }) => codeVersion).find((version) => version !== '') ?? '0.0.0',
      description: 'Generated from the app by `metrobus map --asyncapi`.',
    },
    defaultContentType: 'application/json',
    channels: document.channels,
    operations: document.operations,
    components: { messages: document.messages },
  }
}

class Document {
  readonly channels: Record<string, Channel> = {}
  readonly operations: Record<string, Operation> = {}
  readonly messages: Record<string, Message> = {}
  readonly #options: AsyncApiOptions

  constructor(options: AsyncApiOptions) {
    this.#options = options
  }

  add(app: AppDefinition): void {
    const read = app.entries.flatMap(({ from }) => from?.topic ?? [])
    for (const topic of [...app.publishes, ...read]) this.#topic(topic)
    for (const entry of app.entries) this.#entry(app, entry)
    for (const stop of stopsOfApp(app)) this.#stop(app, stop)
  }

  #topic({ name, schema, key, partitions, retention }: TopicDefinition): void {
    const kept = {
      ...(retention?.compact === true && { 'cleanup.policy': ['compact'] }),
      ...(retention?.timeMs !== undefined && { 'retention.ms': retention.timeMs }),
      ...(retention?.bytesMax !== undefined && { 'retention.bytes': retention.bytesMax }),
    }
    this.#channel(name, schema, `The topic ${name}${key === undefined ? '' : ', in the order of a key'}.`, {
      ...(partitions !== undefined && { partitions }),
      ...(Object.keys(kept).length > 0 && { topicConfiguration: kept }),
    })
  }

  /** What is sent to an entry lies on no topic until the entry has taken it. */
  #entry(app: AppDefinition, { name, from, inSchema, router }: EntryDefinition): void {
    const id = `${app.name}.${readerName(name)}`
    if (from === undefined) {
      this.channels[id] = {
        address: null,
        description: `What is sent to the entry ${name}: by the app, by a source, or by POST /v1/entries/${name}/events.`,
        messages: { event: this.#message(id, inSchema) },
      }
    }
    const lines = router.lines.map((line) => ({ name: line.name }))
    this.operations[id] = {
      action: 'receive',
      channel: channelAt(from?.topic.name ?? id),
      summary: `Events enter ${app.name} at ${name}.`,
      ...(lines.length > 0 && { tags: lines }),
    }
  }

  #stop(app: AppDefinition, { name, inSchema, emits }: StopDefinition): void {
    const { input } = stopTopics(app.name, name)
    this.#channel(input, inSchema, `What comes to the stop ${name}.`, {})
    this.operations[input] = {
      action: 'receive',
      channel: channelAt(input),
      summary: `The stop ${name} handles an event.`,
    }
    for (const target of emits)
      this.operations[`${input}.${target.kind}.${target.name}`] = {
        action: 'send',
        channel: channelAt(target.kind === 'entry' ? `${app.name}.${readerName(target.name)}` : target.name),
        summary: `The stop ${name} tells ${target.name} of an event.`,
      }
  }

  #channel(address: string, schema: StandardSchema | undefined, description: string, kafka: object): void {
    const { binding, prefix = '' } = this.#options
    this.channels[address] = {
      address: `${prefix}${address}`,
      description,
      messages: { event: this.#message(address, schema) },
      ...(binding === 'kafka' && {
        bindings: { kafka: { topic: `${prefix}${address}`, ...kafka, bindingVersion: '0.5.0' } },
      }),
    }
  }

  #message(id: string, schema: StandardSchema | undefined): Reference {
    const payload = schema === undefined ? undefined : jsonSchemaOf(schema)
    this.messages[id] = {
      name: id,
      contentType: 'application/json',
      ...(payload !== undefined && { payload: movedTo(`#/components/messages/${id}/payload`, payload) }),
    }
    return { $ref: `#/components/messages/${id}` }
  }
}

const channelAt = (id: string): Reference => ({ $ref: `#/channels/${id}` })

/** As the schemas of AsyncAPI are: draft 7. Undefined when the validator has no words for it. */
function jsonSchemaOf(schema: StandardSchema): object | undefined {
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-07' })
  } catch {
    // It may throw for what JSON Schema cannot say, such as a rule in code.
    return undefined
  }
}

/** A schema as a part of a document: what it says of itself by `#` lies at `place` now. */
function movedTo(place: string, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((part) => movedTo(place, part))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([name, part]: [string, unknown]) => [
      name,
      name === '$ref' && typeof part === 'string' && part.startsWith('#')
        ? place + part.slice(1)
        : movedTo(place, part),
    ]),
  )
}
