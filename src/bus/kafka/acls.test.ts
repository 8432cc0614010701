import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aclCommand, aclsOf } from './acls.ts'

const shop = { app: 'shop', publishes: ['order-confirmed', 'stock'], reads: ['payments', 'stock'] }

test('an app may do with what is its own all that it needs, look at what it publishes, and only read another’s topics', () => {
  const rules = aclsOf(shop).map(({ resource, name, pattern, operations }) =>
    [resource, name, pattern, ...operations].join(' '),
  )
  assert.deepEqual(rules, [
    'topic shop. prefixed Create Delete DescribeConfigs Read Write',
    'topic order-confirmed literal Create DescribeConfigs Read Write',
    'topic stock literal Create DescribeConfigs Read Write',
    'topic payments literal DescribeConfigs Read',
    'group shop literal Read',
    'transactional-id shop. prefixed Write',
  ])
})

test('the user and the prefix of the bus may be said', () => {
  assert.deepEqual([...new Set(aclsOf(shop).map(({ principal }) => principal))], ['User:shop'])
  const said = aclsOf(shop, { principal: 'User:CN=shop', prefix: 'eu.' })
  assert.ok(said.every(({ principal, name }) => principal === 'User:CN=shop' && name.startsWith('eu.')))
})

test('a rule is a command of Kafka’s own tools', () => {
  const [first] = aclsOf({ app: 'shop', publishes: [], reads: [] }, { principal: "User:CN=O'Hara" })
  assert(first !== undefined)
  assert.equal(
    aclCommand(first),
    `kafka-acls.sh --bootstrap-server "$BROKERS" --add --allow-principal 'User:CN=O'\\''Hara' --operation Create ` +
      '--operation Delete --operation DescribeConfigs --operation Read --operation Write --topic shop. --resource-pattern-type prefixed',
  )
})
