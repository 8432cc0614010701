/** What an operator can get wrong is one coded sentence within five seconds, and not an outage that is waited for (trap 12 of the client). */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Address } from '../../src/bus/kafka/driver/address.ts'
import type { SocketOptions } from '../../src/bus/kafka/driver/socket-wire.ts'
import { certified, saslMechanisms, tokenSessionMs } from '../../tools/servers/kafka/settings.ts'
import {
  alice,
  allow,
  batchOf,
  bob,
  brokers,
  Driver,
  fresh,
  login,
  mutual,
  plain,
  secured,
  tls,
  topic,
} from './stage.ts'

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** A token of the kind that the test brokers take: not signed. */
function tokenOf(user: string): string {
  const now = Math.floor(Date.now() / 1_000)
  return `${encoded({ alg: 'none' })}.${encoded({ sub: user, iat: now, exp: now + 60 })}.`
}

/** The error of opening, and that it came in time. */
async function refusalOf(options: Partial<SocketOptions> & { readonly bootstrap: readonly Address[] }, code: string) {
  await using driver = new Driver(options)
  const begun = performance.now()
  await assert.rejects(driver.cluster.open(), { code })
  assert(performance.now() - begun < 6_000, 'five seconds, and one for a slow machine')
}

suite('opening', () => {
  for (const mechanism of saslMechanisms) {
    test(`${mechanism}: the right password opens`, async () => {
      await using driver = new Driver({ bootstrap: secured, tls, sasl: login(mechanism, 'alice') })
      await driver.cluster.open()
    })

    test(`${mechanism}: a wrong password is told as that`, async () => {
      await refusalOf({ bootstrap: secured, tls, sasl: login(mechanism, 'alice', 'wrong') }, 'MB_KAFKA_CREDENTIALS')
    })
  }

  test('OAUTHBEARER: a session is renewed with a new token while units go on', async () => {
    const letters = await topic()
    await allow('carol', letters)
    let tokens = 0
    const token = (): string => {
      tokens++
      return tokenOf('carol')
    }
    await using driver = new Driver({ bootstrap: secured, tls, sasl: { mechanism: 'OAUTHBEARER', token } })
    await driver.cluster.open()
    const producer = await driver.producer({ transactionalId: letters })
    const begun = performance.now()
    const before = tokens
    let units = 0
    while (performance.now() - begun < 4 * tokenSessionMs) {
      const end = await producer.settle({ batches: [batchOf(letters, 0, [`${units}`])] })
      assert.equal(end.end, 'committed', end.end === 'committed' ? '' : end.error.message)
      units++
    }
    assert(tokens - before >= 3, `${tokens - before} tokens for ${units} units`)
  })

  test('OAUTHBEARER: a token that is not one is told as that', async () => {
    const sasl = { mechanism: 'OAUTHBEARER' as const, token: 'nonsense' }
    await refusalOf({ bootstrap: secured, tls, sasl }, 'MB_KAFKA_CREDENTIALS')
  })

  test('a certificate that nobody vouches for is not trusted', async () => {
    await refusalOf({ bootstrap: secured, tls: {}, sasl: alice.sasl }, 'MB_KAFKA_TLS')
  })

  test('a certificate for another host is not trusted', async () => {
    // It is for localhost and 127.0.0.1; this spelling reaches the same listener and is neither.
    const elsewhere = secured.map(({ port }) => ({ host: '127.1', port }))
    await refusalOf({ ...alice, bootstrap: elsewhere }, 'MB_KAFKA_TLS')
  })

  test('a certificate of one’s own lets in who shows it, as the one that it names', async () => {
    const letters = await topic()
    await using driver = new Driver({ bootstrap: mutual, tls: { ...tls, ...brokers.clientCertificate } })
    await driver.cluster.open()
    await assert.rejects(driver.producer({ transactionalId: letters }), { code: 'MB_KAFKA_NOT_ALLOWED' })
    await allow('rider', letters, certified.principal)
    const producer = await driver.producer({ transactionalId: letters })
    assert.equal((await producer.settle({ batches: [batchOf(letters, 0, ['a'])] })).end, 'committed')
  })

  test('who shows no certificate where one is asked for is told', async () => {
    await refusalOf({ bootstrap: mutual, tls }, 'MB_KAFKA_TLS')
  })

  test('a port where nobody listens, and a listener of another kind, are not reachable', async () => {
    await refusalOf({ bootstrap: [{ host: '127.0.0.1', port: 1 }] }, 'MB_KAFKA_UNREACHABLE')
    await refusalOf({ bootstrap: plain, tls, sasl: alice.sasl }, 'MB_KAFKA_TLS')
  })

  test('who speaks without TLS to a listener with it is told', async () => {
    await using driver = new Driver({ bootstrap: secured })
    await assert.rejects(driver.cluster.open(), { code: /MB_KAFKA_(TLS|UNREACHABLE)/, message: /TLS/ })
  })

  test('one broker of the list that answers is enough', async () => {
    await using driver = new Driver({ bootstrap: [{ host: '127.0.0.1', port: 1 }, ...plain] })
    await driver.cluster.open()
  })
})

suite('permissions', () => {
  test('a transactional id that is not granted is told as that', async () => {
    await using driver = new Driver(alice)
    await driver.cluster.open()
    await assert.rejects(driver.producer({ transactionalId: fresh('rider') }), { code: 'MB_KAFKA_NOT_ALLOWED' })
  })

  test('a topic that is not granted is told as that, and what is granted works', async () => {
    const [granted, other] = [await topic(), await topic()]
    await allow('bob', granted)
    await using driver = new Driver(bob)
    await driver.cluster.open()
    const producer = await driver.producer({ transactionalId: granted })
    assert.equal((await producer.settle({ batches: [batchOf(granted, 0, ['a'])] })).end, 'committed')
    const end = await producer.settle({ batches: [batchOf(other, 0, ['b'])] })
    assert(end.end === 'void')
    assert.equal(end.error.code, 'MB_KAFKA_NOT_ALLOWED')
  })
})
