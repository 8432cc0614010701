import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressRule } from './addresses.ts'

const isPublic = addressRule()

test('addresses of the public internet may be connected to', () => {
  for (const address of [
    '1.1.1.1',
    '93.184.216.34',
    '100.128.0.1',
    '172.32.0.1',
    '2606:4700:4700::1111',
    '2a00:1450::5',
  ])
    assert.ok(isPublic(address), address)
})

test('what leads into the own machine or the own network may not, in whatever clothes', () => {
  const own = ['0.0.0.0', '127.0.0.1', '127.255.0.9', '10.0.0.1', '172.31.9.9', '192.168.1.1', '169.254.169.254']
  const odd = ['100.64.0.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.2.7', '192.88.99.1']
  const six = ['::', '::1', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', 'fec0::1', '2001:db8::1', '100::1', '3fff::1']
  const mapped = ['::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:10.0.0.1', '0:0:0:0:0:ffff:c0a8:0101']
  const carried = ['::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:4136:e378:8000:63bf:3fff:fdd2']

  for (const address of [...own, ...odd, ...six, ...mapped, ...carried]) assert.ok(!isPublic(address), address)
})

test('what is no address may not be connected to', () => {
  for (const text of ['', 'localhost', '127.1', '0x7f.1', '1.2.3.4.5', 'fe80::1%eth0', '[::1]'])
    assert.ok(!isPublic(text), text)
})

test('what was allowed may be connected to, and nothing beside it', () => {
  const rule = addressRule(['127.0.0.1', '10.1.0.0/16', '::1', 'fd00::/8'])

  for (const address of ['127.0.0.1', '10.1.2.3', '::1', 'fd00::7', '8.8.8.8']) assert.ok(rule(address), address)
  for (const address of ['127.0.0.2', '10.2.0.1', 'fc00::1', '169.254.169.254']) assert.ok(!rule(address), address)
})
