/**
 * The least that an app may be allowed on a cluster with an authoriser: what it needs and nothing that is another's. Everything that an app names itself lies
 * behind its own name and a dot, so that one rule covers it, also when a stop is added.
 */

/** One rule: the operations that Kafka calls so, on what has this name or a name that begins with it. */
export interface KafkaAcl {
  readonly principal: string
  readonly operations: readonly ('Create' | 'Delete' | 'DescribeConfigs' | 'Read' | 'Write')[]
  readonly resource: 'topic' | 'group' | 'transactional-id'
  readonly name: string
  readonly pattern: 'literal' | 'prefixed'
}

/** What of an app decides. */
export interface AclSubject {
  readonly app: string
  /** Declared topics that it writes. */
  readonly publishes: readonly string[]
  /** Declared topics that it reads. */
  readonly reads: readonly string[]
}

export interface AclOptions {
  /** As the authoriser names it. Default: `User:` and the app's name. */
  readonly principal?: string | undefined
  /** As the bus has it. Default ''. */
  readonly prefix?: string | undefined
}

/** The rules of one app. To read, to write and to make a topic imply that it may be described. */
export function aclsOf({ app, publishes, reads }: AclSubject, options: AclOptions = {}): KafkaAcl[] {
  const { principal = `User:${app}`, prefix = '' } = options
  const rule = (
    resource: KafkaAcl['resource'],
    name: string,
    pattern: KafkaAcl['pattern'],
    ...operations: KafkaAcl['operations']
  ): KafkaAcl => ({ principal, operations, resource, name: prefix + name, pattern })
  return [
    // To delete is to cut off what is settled.
    rule('topic', `${app}.`, 'prefixed', 'Create', 'Delete', 'DescribeConfigs', 'Read', 'Write'),
    // Also read: at its start, and for `trace`, an app looks at everything that it may know of.
    ...publishes.map((topic) => rule('topic', topic, 'literal', 'Create', 'DescribeConfigs', 'Read', 'Write')),
    ...reads
      .filter((topic) => !publishes.includes(topic))
      .map((topic) => rule('topic', topic, 'literal', 'DescribeConfigs', 'Read')),
    rule('group', app, 'literal', 'Read'),
    rule('transactional-id', `${app}.`, 'prefixed', 'Write'),
  ]
}

/** The command of Kafka's own tools that grants a rule. */
export function aclCommand({ principal, operations, resource, name, pattern }: KafkaAcl): string {
  const words = operations.map((operation) => `--operation ${operation}`).join(' ')
  const whose = `--allow-principal '${principal.replaceAll("'", `'\\''`)}'`
  return `kafka-acls.sh --bootstrap-server "$BROKERS" --add ${whose} ${words} --${resource} ${name} --resource-pattern-type ${pattern}`
}
