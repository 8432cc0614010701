import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isMetrobusError } from '../../errors/index.ts'
import { resolveKafkaOptions } from './options.ts'
import type { KafkaOptions } from './options.ts'

/** What is said about these options, without those that are right. */
function faultsOf(options: unknown): readonly string[] {
  try {
    resolveKafkaOptions(options as KafkaOptions)
    return []
  } catch (error) {
    if (!isMetrobusError(error, 'MB_BAD_OPTIONS')) throw error
    return error.facts.faults
  }
}

const brokers = ['kafka:9092']
const longText = 'x'.repeat(201)

/** One wrong word each, and how its sentence begins. */
const wrong: readonly (readonly [options: object, sentence: RegExp])[] = [
  [{ brokers: [] }, /^brokers must name at least one/],
  [{ brokers: 'kafka:9092' }, /^brokers must name at least one/],
  [{ brokers: ['kafka'] }, /^brokers has "kafka", which is no "host:port"/],
  [{ brokers: ['kafka:70000'] }, /^brokers has "kafka:70000"/],
  [{ clientId: '' }, /^clientId must be a text of 1 to 200 characters, not ""/],
  [{ clientId: 7 }, /^clientId must be a text/],
  [{ instanceId: '' }, /^instanceId must be a text of 1 to 200 characters, not ""/],
  [{ instanceId: longText }, /^instanceId must be a text/],
  [{ instanceId: null }, /^instanceId must be a text/],
  [{ tls: 'yes' }, /^tls must be true, false or an object/],
  [{ sasl: 'alice' }, /^sasl must be an object/],
  [{ sasl: null }, /^sasl must be an object/],
  [{ topics: 'make' }, /^topics must be "create" or "verify"/],
  [{ partitions: 0 }, /^partitions must be a whole number between 1 and 10000, not 0/],
  [{ partitions: '4' }, /^partitions must be a whole number/],
  [{ replicas: 0 }, /^replicas must be a whole number/],
  [{ inSyncReplicas: 1.5 }, /^inSyncReplicas must be a whole number/],
  [{ replicas: 1, inSyncReplicas: 2 }, /^inSyncReplicas 2 are more than the 1 replicas/],
  [{ compression: 'best' }, /^compression must be one of none, gzip/],
  [{ guarantee: 'at-most-once' }, /^guarantee must be exactly-once or at-least-once, not "at-most-once"/],
  [{ prefix: 'a b' }, /^prefix may have letters/],
  [{ prefix: 5 }, /^prefix may have letters/],
  [{ mappings: 'json' }, /^mappings must be an object, by topic/],
  [{ mappings: { in: 'json' } }, /^mappings\.in must be an object/],
  [{ mappings: { in: { data: 'xml' } } }, /^mappings\.in\.data must be "json", "text" or "bytes"/],
  [{ mappings: { in: { type: '' } } }, /^mappings\.in\.type must be a text or a function/],
  [{ mappings: { in: { id: 'id' } } }, /^mappings\.in\.id must be a function/],
  [{ mappings: { in: { keys: () => 'k' } } }, /^"mappings\.in\.keys" is no option, "key" is/],
  [{ recordBytesMax: 9 * 1024 * 1024 }, /^recordBytesMax must be a whole number/],
  [{ fetchBytesMax: 1 }, /^fetchBytesMax must be a whole number/],
  [{ log: {} }, /^log must be a log/],
  [{ broker: 'kafka:9092' }, /^"broker" is no option, "brokers" is/],
]

suite('options of the Kafka bus', () => {
  test('need no more than brokers', () => {
    assert.deepEqual(faultsOf({ brokers }), [])
    const { partitions, topics, recordBytesMax, instanceId } = resolveKafkaOptions({ brokers })
    assert.deepEqual([partitions, topics, recordBytesMax, instanceId], [4, 'create', 1024 * 1024, undefined])
  })

  for (const [options, sentence] of wrong)
    test(`with ${JSON.stringify(options).slice(0, 60)} are refused in one sentence`, () => {
      const faults = faultsOf({ brokers, ...options })
      assert.equal(faults.length, 1, faults.join('; '))
      assert.match(faults[0]!, sentence)
    })

  test('that are none are refused', () => {
    assert.deepEqual(faultsOf(undefined), ['it takes an object with `brokers`'])
    assert.deepEqual(faultsOf(null), ['it takes an object with `brokers`'])
  })

  test('are told with all their faults at once', () => {
    assert.equal(faultsOf({ brokers: [], instanceId: '', partitions: 0 }).length, 3)
  })
})
