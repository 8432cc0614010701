/** What `metrobus map --acls` prints is enough for an app to run, and nothing of it is too much: apps under exactly these rules on brokers with an authoriser. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka'
import type { KafkaAcl } from '../../src/bus/kafka/acls.ts'
import { kafka } from '../../src/bus/kafka/index.ts'
import { aclsOfMaps } from '../../src/cli/kafka-acls.ts'
import { drop, entry, line, metrobus, stop, topic } from '../../src/index.ts'
import { mapOf } from '../../src/itinerary/map.ts'
import type { StandardSchema } from '../../src/schema/standard.ts'
import { brokers, fresh, login, seconds, tls, withAdmin } from './stage.ts'

interface Order {
  readonly id: string
}

const Order: StandardSchema<Order, Order> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Order }) },
}

const sold = topic('sold', { schema: Order, key: (order) => order.id })
const sell = stop('sell', { in: Order, emits: [sold] }, (order, ctx) => {
  ctx.emit(sold, order)
  return drop('sold')
})
const shop = metrobus('shop', {
  entries: [entry('orders', { in: Order, key: (order) => order.id, route: line('sales').to(sell) })],
  publishes: [sold],
})

/** An app that reads what the shop publishes. */
function mailApp(got: (id: string) => void) {
  const write = stop('write', { in: Order }, (order) => {
    got(order.id)
    return drop('written')
  })
  return metrobus('mail', { entries: [entry('sales', { from: sold, route: line('letters').to(write) })] })
}

const resources = {
  topic: ResourceTypes.TOPIC,
  group: ResourceTypes.GROUP,
  'transactional-id': ResourceTypes.TRANSACTIONAL_ID,
}
const operations = {
  Create: AclOperations.CREATE,
  Delete: AclOperations.DELETE,
  DescribeConfigs: AclOperations.DESCRIBE_CONFIGS,
  Read: AclOperations.READ,
  Write: AclOperations.WRITE,
}

async function grant(rules: readonly KafkaAcl[]): Promise<void> {
  const creations = rules.flatMap((rule) =>
    rule.operations.map((operation) => ({
      resourceType: resources[rule.resource],
      resourceName: rule.name,
      resourcePatternType: rule.pattern === 'prefixed' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      principal: rule.principal,
      host: '*',
      operation: operations[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  )
  await withAdmin((admin) => admin.createAcls({ creations }))
  // The controller has them; each broker learns them by itself, and none says when.
  await seconds(2)
}

const busOf = (user: string, prefix: string) =>
  kafka({ brokers: brokers.secured, tls, sasl: login('SCRAM-SHA-512', user), prefix })

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (isSo()) return
    await seconds(0.1)
  }
  assert.fail(`not within two minutes: ${what}`)
}

suite('apps under the rules that the map prints', () => {
  test('publish and read on a cluster that allows nothing else', async () => {
    const prefix = `${fresh('acls')}.`
    const got: string[] = []
    const mail = mailApp((id) => got.push(id))
    await grant(aclsOfMaps([mapOf(shop.definition)], { principal: 'User:alice', prefix }))
    await grant(aclsOfMaps([mapOf(mail.definition)], { principal: 'User:bob', prefix }))
    await using selling = await shop.start({ bus: busOf('alice', prefix) })
    await using writing = await mail.start({ bus: busOf('bob', prefix) })
    await Promise.all(['a', 'b', 'c'].map((id) => selling.send('orders', { id })))
    await until(() => got.length === 3, 'three letters')
    assert.deepEqual(got.toSorted(), ['a', 'b', 'c'])
    await writing.stop()
    await selling.stop()
  })

  for (const [what, isLeftOut] of [
    ['its topics', (rule: KafkaAcl) => rule.resource === 'topic'],
    ['its group', (rule: KafkaAcl) => rule.resource === 'group'],
    ['its transactional ids', (rule: KafkaAcl) => rule.resource === 'transactional-id'],
  ] as const)
    test(`and an app without ${what} is told at its start what is missing`, async () => {
      const prefix = `${fresh('acls')}.`
      const rules = aclsOfMaps([mapOf(shop.definition)], { principal: 'User:alice', prefix })
      await grant(rules.filter((rule) => !isLeftOut(rule)))
      await assert.rejects(shop.start({ bus: busOf('alice', prefix) }), { code: 'MB_KAFKA_NOT_ALLOWED' })
    })
})
