import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import type { TopicSpec } from '../bus.ts'
import { Cluster } from './driver/cluster.ts'
import { createTopics, describeConfigs } from './driver/codec/administration.ts'
import { codes } from './driver/codes.ts'
import { ScriptedWire } from './driver/scripted-wire.ts'
import { ensureTopics } from './topics.ts'
import type { TopicsOptions } from './topics.ts'

/** What brokers add to the settings of a topic, as a cluster of three has them. */
const byDefault = {
  'cleanup.policy': 'delete',
  'retention.ms': '604800000',
  'retention.bytes': '-1',
  'max.message.bytes': '1048588',
  'min.insync.replicas': '1',
}
type Settings = Readonly<Record<string, string>>

const setting = (name: string, value: string) => ({
  name,
  value,
  readOnly: false,
  configSource: 1 as const,
  isSensitive: false,
  synonyms: [],
  configType: 2 as const,
  documentation: null,
})

/** A cluster of three brokers that has these topics, and makes others. */
class Stage {
  readonly clock = new VirtualClock()
  readonly wire = new ScriptedWire([1, 2, 3])
  readonly cluster: Cluster
  readonly settings = new Map<string, Settings>()
  /** What the making of a topic is refused with, by its name. */
  readonly refusals = new Map<string, number>()

  constructor() {
    this.cluster = new Cluster({ bootstrap: this.wire.bootstrap, wire: this.wire, clock: this.clock })
    this.wire.on(describeConfigs, ([resources]) => ({
      throttleTimeMs: 0,
      results: resources.map(({ resourceType, resourceName }) => ({
        errorCode: this.settings.has(resourceName) ? codes.NONE : codes.UNKNOWN_TOPIC_OR_PARTITION,
        errorMessage: null,
        resourceType,
        resourceName,
        configs: Object.entries(this.settings.get(resourceName) ?? {}).map(([name, value]) => setting(name, value)),
      })),
    }))
    this.wire.on(createTopics, ([topics, , validateOnly]) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name, numPartitions, configs }) => {
        const errorCode = this.refusals.get(name) ?? codes.NONE
        const settings = Object.fromEntries(configs.map((config) => [config.name, config.value ?? '']))
        if (errorCode === codes.NONE && !validateOnly) this.has(name, numPartitions, settings)
        const errorMessage = errorCode === codes.NONE ? null : 'the policy says no'
        return { name, topicId: name, errorCode, errorMessage, numPartitions, replicationFactor: 3, configs: null }
      }),
    }))
  }

  has(name: string, partitions: number, settings: Settings): void {
    this.wire.leaders.set(
      name,
      Array.from({ length: partitions }, () => ({ node: 1, epoch: 0 })),
    )
    this.settings.set(name, { ...byDefault, ...settings })
  }

  ensure(specs: readonly TopicSpec[], options: Partial<TopicsOptions> = {}): Promise<void> {
    const { clock, cluster } = this
    return ensureTopics(specs, { clock, cluster, mode: 'create', partitions: 4, batchBytesMax: 2_000_000, ...options })
  }

  get made(): readonly string[] {
    return this.wire.askedOf(createTopics).flatMap(([topics, , isTrial]) => (isTrial ? [] : topics.map((t) => t.name)))
  }
}

const keepsAll = { 'retention.ms': '-1', 'max.message.bytes': '2000000', 'min.insync.replicas': '2' }

suite('topics that are missing', () => {
  test('are made: nothing in them expires by itself, and two replicas have what is acknowledged', async () => {
    const stage = new Stage()
    await stage.ensure([{ name: 'shop.pay' }, { name: 'shop.pay.dlq', partitions: 2, retention: { timeMs: 9 } }])
    assert.deepEqual(stage.settings.get('shop.pay'), { ...byDefault, ...keepsAll })
    assert.deepEqual(stage.settings.get('shop.pay.dlq'), { ...byDefault, ...keepsAll })
    assert.equal(stage.cluster.topic('shop.pay')?.partitions, 4)
    assert.equal(stage.cluster.topic('shop.pay.dlq')?.partitions, 2)
  })

  test('are compacted where the newest of a key is kept, and their tombstones live as long as was said', async () => {
    const stage = new Stage()
    await stage.ensure([{ name: 'shop.stock.changelog', retention: { compact: true, timeMs: 5_000 } }])
    const settings = stage.settings.get('shop.stock.changelog')
    assert.equal(settings?.['cleanup.policy'], 'compact')
    assert.equal(settings?.['delete.retention.ms'], '5000')
  })

  test('are made to be kept as declared, where anyone may read them', async () => {
    const stage = new Stage()
    await stage.ensure([
      { name: 'orders', partitions: 4, retention: { timeMs: 60_000, bytesMax: 1_000 } },
      { name: 'prices' },
    ])
    const [orders, prices] = [stage.settings.get('orders'), stage.settings.get('prices')]
    assert.deepEqual([orders?.['retention.ms'], orders?.['retention.bytes']], ['60000', '250'])
    assert.deepEqual([prices?.['retention.ms'], prices?.['retention.bytes']], ['-1', '-1'])
  })

  test('are made with the replicas that were asked for', async () => {
    const stage = new Stage()
    await stage.ensure([{ name: 'shop.pay' }], { replicas: 3, inSyncReplicas: 3 })
    const asked = stage.wire.askedOf(createTopics).map(([topics]) => topics[0]?.replicationFactor)
    assert.deepEqual(asked, [3, 3])
    assert.equal(stage.settings.get('shop.pay')?.['min.insync.replicas'], '3')
  })

  test('are made none, when one of them is refused', async () => {
    const stage = new Stage()
    stage.refusals.set('shop.pay', 44)
    await assert.rejects(stage.ensure([{ name: 'shop.pack' }, { name: 'shop.pay' }]), {
      code: 'MB_KAFKA_TOPICS',
      message: /"shop\.pay" cannot be made \(POLICY_VIOLATION: the policy says no\)/,
    })
    assert.deepEqual(stage.made, [])
  })

  test('that may not be made are all named at once', async () => {
    const stage = new Stage()
    for (const name of ['shop.pack', 'shop.pay']) stage.refusals.set(name, codes.TOPIC_AUTHORIZATION_FAILED)
    await assert.rejects(stage.ensure([{ name: 'shop.pack' }, { name: 'shop.pay' }]), {
      code: 'MB_KAFKA_NOT_ALLOWED',
      message: /CreateTopics on shop\.pack, shop\.pay/,
    })
  })

  test('and that another instance makes at the same moment are as good as made', async () => {
    const stage = new Stage()
    stage.refusals.set('shop.pay', codes.TOPIC_ALREADY_EXISTS)
    const ensuring = stage.ensure([{ name: 'shop.pay' }])
    await stage.clock.settle()
    stage.has('shop.pay', 4, keepsAll)
    await stage.clock.advance(1_000)
    await ensuring
    assert.equal(stage.cluster.topic('shop.pay')?.partitions, 4)
  })

  test('are waited for until they have leaders, and not for ever', async () => {
    const stage = new Stage()
    stage.has('shop.pay', 1, keepsAll)
    stage.wire.leaders.set('shop.pay', [{ node: -1, epoch: 0 }])
    const ensuring = stage.ensure([{ name: 'shop.pay', partitions: 1 }])
    ensuring.catch(() => {})
    await stage.clock.advance(30_000)
    await assert.rejects(ensuring, { code: 'MB_KAFKA_NOT_NOW', message: /shop\.pay/ })
  })
})

suite('topics that exist', () => {
  test('as they have to be are not touched', async () => {
    const stage = new Stage()
    stage.has('shop.pay', 4, { ...keepsAll, 'max.message.bytes': '9000000', 'min.insync.replicas': '3' })
    for (const mode of ['create', 'verify'] as const) await stage.ensure([{ name: 'shop.pay' }], { mode })
    assert.deepEqual(stage.made, [])
  })

  test('with another number of partitions are refused, since a key would change its place, and nothing is made', async () => {
    const stage = new Stage()
    stage.has('shop.pay', 4, keepsAll)
    await assert.rejects(stage.ensure([{ name: 'shop.pack' }, { name: 'shop.pay', partitions: 8 }]), {
      code: 'MB_TOPIC_MISMATCH',
      facts: { topic: 'shop.pay', partitions: 4, wanted: 8 },
    })
    assert.deepEqual(stage.made, [])
  })

  test('that are missing and those that differ are told in one message, when they are only verified', async () => {
    const stage = new Stage()
    stage.has('shop.pay', 3, { ...keepsAll, 'retention.ms': '1000', 'min.insync.replicas': '1' })
    stage.has('shop.pack', 4, { ...keepsAll, 'cleanup.policy': 'compact' })
    const specs = ['shop.pay', 'shop.pack', 'shop.send'].map((name) => ({ name }))
    await assert.rejects(stage.ensure(specs, { mode: 'verify', replicas: 5 }), {
      code: 'MB_KAFKA_TOPICS',
      facts: {
        faults: [
          '"shop.send" with 4 partitions is missing',
          '"shop.pay" has 3 partitions and not 4',
          '"shop.pay" has 3 replicas and not 5',
          '"shop.pay" has retention.ms 1000 and not -1',
          '"shop.pay" has min.insync.replicas 1 and not 2 or more',
          '"shop.pack" has 3 replicas and not 5',
          '"shop.pack" has cleanup.policy compact and not delete',
        ],
      },
    })
    assert.equal(stage.wire.askedOf(createTopics).length, 0)
  })

  test('and are declared may be kept as their owner wants, but not lose what is acknowledged', async () => {
    const stage = new Stage()
    stage.has('orders', 7, { 'retention.ms': '1000', 'cleanup.policy': 'compact', 'min.insync.replicas': '2' })
    await stage.ensure([{ name: 'orders' }])
    assert.equal(stage.cluster.topic('orders')?.partitions, 7)
    stage.has('orders', 7, { 'min.insync.replicas': '1' })
    await assert.rejects(stage.ensure([{ name: 'orders' }]), { code: 'MB_KAFKA_TOPICS', message: /min\.insync/ })
    await stage.ensure([{ name: 'orders' }], { inSyncReplicas: 1 })
  })

  test('and are written to have to take records as large as the bus, those that are only read need not', async () => {
    const stage = new Stage()
    stage.has('out', 4, { ...byDefault, 'min.insync.replicas': '2' })
    await stage.ensure([{ name: 'out' }])
    await assert.rejects(stage.ensure([{ name: 'out', isWritten: true }]), {
      code: 'MB_KAFKA_TOPICS',
      message: /"out" has max\.message\.bytes 1048588 and not \d+ or more/,
    })
  })

  test('are told from declared ones by their names behind the prefix', async () => {
    const stage = new Stage()
    stage.has('prod.eu.orders', 7, { 'min.insync.replicas': '2' })
    stage.has('prod.eu.shop.pay', 4, { 'min.insync.replicas': '2' })
    const prefix = 'prod.eu.'
    await stage.ensure([{ name: 'prod.eu.orders' }], { prefix })
    await assert.rejects(stage.ensure([{ name: 'prod.eu.shop.pay' }], { prefix }), { code: 'MB_KAFKA_TOPICS' })
  })

  test('and are declared as compacted have to be that', async () => {
    const stage = new Stage()
    stage.has('prices', 4, { 'min.insync.replicas': '2' })
    await assert.rejects(stage.ensure([{ name: 'prices', retention: { compact: true } }]), {
      message: /"prices" has cleanup\.policy delete and not compact/,
    })
  })
})
