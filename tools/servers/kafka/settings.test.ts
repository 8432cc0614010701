import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planOf } from './brokers.ts'
import { settingsOf } from './settings.ts'

const settings = (nodes: number, tls: boolean): ReadonlyMap<string, string> => {
  const ports = Array.from({ length: 4 * nodes }, (_, index) => 100 + index)
  const plan = planOf('/kafka', ports, nodes, tls)
  const [first] = plan.nodes
  assert(first !== undefined)
  const lines = settingsOf(plan, first).trimEnd().split('\n')
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

test('three nodes replicate three times and take what two have', () => {
  const three = settings(3, false)
  assert.equal(three.get('default.replication.factor'), '3')
  assert.equal(three.get('min.insync.replicas'), '2')
  assert.equal(three.get('transaction.state.log.min.isr'), '2')
  assert.equal(three.get('controller.quorum.voters'), '1@127.0.0.1:103,2@127.0.0.1:104,3@127.0.0.1:105')
})

test('one node asks for no more replicas than there are', () => {
  const one = settings(1, false)
  assert.equal(one.get('default.replication.factor'), '1')
  assert.equal(one.get('offsets.topic.replication.factor'), '1')
  assert.equal(one.get('min.insync.replicas'), '1')
})

test('with TLS users log in at a second listener and certificates at a third, and only the first is a superuser', () => {
  const secured = settings(1, true)
  assert.equal(
    secured.get('listeners'),
    'PLAINTEXT://127.0.0.1:100,SASL_SSL://127.0.0.1:102,MUTUAL://127.0.0.1:103,CONTROLLER://127.0.0.1:101',
  )
  assert.equal(secured.get('listener.name.mutual.ssl.client.auth'), 'required')
  assert.equal(secured.get('super.users'), 'User:ANONYMOUS')
  assert.equal(settings(1, false).get('authorizer.class.name'), undefined)
})
