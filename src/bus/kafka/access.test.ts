import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { checkLogin, refuseUnknown, tlsOf } from './access.ts'
import type { KafkaLogin, KafkaTls } from './access.ts'

const tlsFaults = (tls: unknown): string[] => {
  const faults: string[] = []
  tlsOf(tls as KafkaTls, faults)
  return faults
}

const loginFaults = (login: unknown): string[] => {
  const faults: string[] = []
  checkLogin(login as KafkaLogin, faults)
  return faults
}

suite('TLS', () => {
  test('is none, that with the usual authorities, or that with one’s own', () => {
    assert.equal(tlsOf(false, []), undefined)
    assert.deepEqual(tlsOf(true, []), { rejectUnauthorized: true })
    const [ca, cert, key] = ['authority', 'certificate', 'key']
    assert.deepEqual(tlsOf({ ca: [ca], cert, key }, []), { ca: [ca], cert, key, rejectUnauthorized: true })
  })

  test('verifies certificate and host name whatever is written', () => {
    for (const name of ['rejectUnauthorized', 'rejectUnauthorised', 'checkServerIdentity', 'servername'])
      assert.match(tlsFaults({ [name]: false }).join(), new RegExp(`^"tls\\.${name}" is no option`))
    assert.equal(tlsOf({ rejectUnauthorized: false } as KafkaTls, [])?.rejectUnauthorized, true)
  })

  test('names the option that was meant', () => {
    assert.deepEqual(tlsFaults({ cat: 'x' }), ['"tls.cat" is no option, "ca" is'])
  })

  test('wants a key with a certificate, and an object', () => {
    assert.deepEqual(tlsFaults({ cert: 'x' }), ['tls.cert and tls.key go together'])
    assert.deepEqual(tlsFaults({ key: 'x' }), ['tls.cert and tls.key go together'])
    assert.deepEqual(tlsFaults('yes'), ['tls must be true, false or an object, not "yes"'])
    assert.deepEqual(tlsFaults(null), ['tls must be true, false or an object, not null'])
  })
})

suite('a login', () => {
  test('has what its mechanism needs, as texts or functions', () => {
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
      assert.deepEqual(loginFaults({ mechanism, username: 'a', password: () => 'b' }), [])
    assert.deepEqual(loginFaults({ mechanism: 'OAUTHBEARER', token: async () => 'c' }), [])
    assert.deepEqual(loginFaults(undefined), [])
  })

  test('lacks nothing and has nothing else', () => {
    assert.deepEqual(loginFaults({ mechanism: 'PLAIN', username: '', pasword: 'b' }), [
      '"sasl.pasword" is no option, "password" is',
      'sasl.username must be a text or a function that gives one',
      'sasl.password must be a text or a function that gives one',
    ])
    assert.match(loginFaults({ mechanism: 'GSSAPI' }).join(), /^sasl\.mechanism must be one of PLAIN, .+ not "GSSAPI"$/)
  })
})

test('an option that there is not is refused with those that there are', () => {
  const faults: string[] = []
  refuseUnknown('', { tsl: true, brokers: [], colour: 1 }, ['brokers', 'tls'], faults)
  assert.deepEqual(faults, ['"tsl" is no option, "tls" is', '"colour" is no option, there are brokers, tls'])
})
