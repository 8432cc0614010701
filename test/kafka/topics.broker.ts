/** Topics are made and verified on real brokers; what they are is asked of the client's administration. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ConfigResourceTypes } from '@platformatic/kafka'
import type { TopicSpec } from '../../src/bus/bus.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import type { TopicsOptions } from '../../src/bus/kafka/topics.ts'
import { nodeClock as clock } from '../../src/internal/platform/node.ts'
import { allow, bob, Driver, fresh, topic, withAdmin } from './stage.ts'

const how = { clock, mode: 'create', partitions: 4, batchBytesMax: 2_000_000 } as const

const ensure = (driver: Driver, specs: readonly TopicSpec[], options: Partial<TopicsOptions> = {}): Promise<void> =>
  ensureTopics(specs, { cluster: driver.cluster, ...how, ...options })

async function settingsOf(resourceName: string): Promise<ReadonlyMap<string, unknown>> {
  const resources = [{ resourceType: ConfigResourceTypes.TOPIC, resourceName }]
  const [described] = await withAdmin((admin) => admin.describeConfigs({ resources }))
  return new Map((described?.configs ?? []).map(({ name, value }) => [name, value]))
}

suite('topics', () => {
  test('are made as they have to be, at once by several, and are then left alone', async () => {
    const app = fresh('app')
    const specs: TopicSpec[] = [
      { name: `${app}.pay` },
      { name: `${app}.errors`, partitions: 1, retention: { timeMs: 1_000 } },
      { name: `${app}.stock.changelog`, retention: { compact: true, timeMs: 60_000 } },
      { name: app },
    ]
    await using driver = await Driver.open()
    await using other = await Driver.open()
    await Promise.all([ensure(driver, specs), ensure(other, specs), ensure(other, specs)])
    await ensure(driver, specs)
    await ensure(driver, specs, { mode: 'verify' })
    assert.deepEqual(
      specs.map(({ name }) => driver.cluster.topic(name)?.partitions),
      [4, 1, 4, 4],
    )
    const pay = await settingsOf(`${app}.pay`)
    assert.equal(pay.get('retention.ms'), '-1')
    assert.equal(pay.get('min.insync.replicas'), '2')
    assert.equal(pay.get('max.message.bytes'), '2000000')
    const changelog = await settingsOf(`${app}.stock.changelog`)
    assert.equal(changelog.get('cleanup.policy'), 'compact')
    assert.equal(changelog.get('delete.retention.ms'), '60000')
  })

  test('that are missing or differ are told in one message, and more replicas than brokers are the cluster’s to refuse', async () => {
    const app = fresh('app')
    await using driver = await Driver.open()
    await ensure(driver, [{ name: `${app}.pay` }])
    const specs = [{ name: `${app}.pay`, partitions: 8 }, { name: `${app}.pack` }]
    await assert.rejects(ensure(driver, specs, { mode: 'verify' }), {
      code: 'MB_KAFKA_TOPICS',
      facts: {
        faults: [`"${app}.pack" with 4 partitions is missing`, `"${app}.pay" has 4 partitions and not 8`],
      },
    })
    await assert.rejects(ensure(driver, [{ name: `${app}.pack` }], { replicas: 9 }), {
      code: 'MB_KAFKA_TOPICS',
      message: /pack" cannot be made \(INVALID_REPLICATION_FACTOR: .+9/,
    })
  })

  test('that others made with a loss built in are refused', async () => {
    const weak = await topic(1, { 'min.insync.replicas': '1' })
    await using driver = await Driver.open()
    await assert.rejects(ensure(driver, [{ name: weak }]), { code: 'MB_KAFKA_TOPICS', message: /min\.insync/ })
  })

  test('that may not be made, and those that may not be looked at, are named', async () => {
    const [app, hidden] = [fresh('app'), await topic()]
    await allow('bob', `${app}.`)
    await using driver = new Driver(bob)
    await driver.cluster.open()
    await ensure(driver, [{ name: `${app}.pay` }])
    for (const name of [`${app}-not`, hidden])
      await assert.rejects(ensure(driver, [{ name: `${app}.pay` }, { name }]), {
        code: 'MB_KAFKA_NOT_ALLOWED',
        message: new RegExp(`on ${name}:`),
      })
  })
})
