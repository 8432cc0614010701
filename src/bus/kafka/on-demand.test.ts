import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Platform } from '../../internal/platform/platform.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import type { Bus, BusInspector } from '../bus.ts'
import { guarded } from '../guarded.ts'
import { BusOnDemand } from './on-demand.ts'

/** What stands behind, as far as these tests come. */
const behind = (): Bus => {
  const bus: Partial<Bus> = {
    name: 'behind',
    open: async () => {},
    partitions: () => 3,
    inspector: { topics: async () => [{ topic: 'mail' }] } as unknown as BusInspector,
    close: async () => {},
  }
  return bus as Bus
}

const platform = { clock: new VirtualClock() } as unknown as Platform

const on = (nodeVersion: string, load: () => Promise<Bus> = async () => behind()): Bus =>
  guarded(new BusOnDemand({}, load, nodeVersion))

test('the bus opens on a Node that its client runs on, and says of an older one that it is', async () => {
  for (const version of ['22.22.0', '22.30.1', '24.6.0', '24.21.0', '25.0.0', '26.1.0'])
    await on(version).open(platform)
  for (const version of ['20.19.0', '22.21.9', '23.11.0', '24.5.9'])
    await assert.rejects(on(version).open(platform), {
      code: 'MB_KAFKA_OLD_NODE',
      message: new RegExp(`22\\.22 or newer, or 24\\.6 or newer.+${version}`),
    })
})

test('a client that is not installed is told with the command that installs it, and what else fails as itself', async () => {
  const missing = (what: string) =>
    Object.assign(new Error(`Cannot find package '${what}'`), { code: 'ERR_MODULE_NOT_FOUND' })
  await assert.rejects(on('24.21.0', () => Promise.reject(missing('@platformatic/kafka'))).open(platform), {
    code: 'MB_KAFKA_NO_CLIENT',
    message: /npm install @platformatic\/kafka/,
  })
  await assert.rejects(on('24.21.0', () => Promise.reject(missing('ajv'))).open(platform), { message: /'ajv'/ })
})

test('nothing is loaded before the bus is opened, and everything is passed on after it', async () => {
  let loaded = 0
  const bus = on('24.21.0', async () => {
    loaded++
    return behind()
  })
  assert.equal(loaded, 0)
  await bus.open(platform)
  assert.equal(loaded, 1)
  assert.equal(bus.partitions('mail'), 3)
  assert.deepEqual(
    (await bus.inspector.topics()).map(({ topic }) => topic),
    ['mail'],
  )
  await bus.close()
})
