import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import { output, Probe, records, unit } from '../conformance/fixture.ts'
import { Stage } from './model/stage.ts'

test('a member cuts what is called after its group: what it reads as far as it is settled, what nobody reads by age, and nothing else', async () => {
  const platform = { clock: new VirtualClock(), random: new SeededRandom(1), disk: new SimDisk() }
  const stage = new Stage(platform, new SeededRandom(2))
  const bus = stage.bus()
  const fixture = {
    platform: stage.platform,
    make: () => bus,
    until: (isSo: () => boolean, what: string) => stage.until(isSo, what),
    end: () => stage.end(),
  }
  await bus.open(stage.platform)
  const kept = { timeMs: 10_000 }
  const names = ['shop.pay', 'shop.ended', 'shop.kept', 'other.pay', 'orders']
  await bus.ensureTopics(
    names.map((name) => ({ name, partitions: 1, retention: name === 'shop.kept' ? { timeMs: Infinity } : kept })),
  )
  const probe = await Probe.join(fixture, bus, 'shop', { topic: 'shop.pay' }, { topic: 'orders' })
  await stage.until(() => probe.assignments.size === 2, 'both partitions')
  const five = names.map((name) => output(name, records('a', 'b', 'c', 'd', 'e')))
  assert.equal(await probe.member.settle(unit({ outputs: five })), 'committed')
  assert.equal(
    await probe.member.settle(
      unit({
        settled: [
          ['shop.pay', 3],
          ['orders', 3],
        ],
      }),
    ),
    'committed',
  )
  const beginsOf = async (): Promise<Record<string, number>> => {
    const infos = (await bus.inspector.topics()).filter(({ topic }) => names.includes(topic))
    return Object.fromEntries(infos.map(({ topic, partitions }) => [topic, partitions[0]!.begin]))
  }
  const before = stage.clock.monotonic()
  await stage.until(() => stage.clock.monotonic() > before + 61_000, 'a minute', 100_000)
  const { 'shop.ended': ended, ...rest } = await beginsOf()
  assert.deepEqual(rest, { 'shop.pay': 3, 'shop.kept': 0, 'other.pay': 0, orders: 0 })
  assert.ok((ended ?? 0) >= 5, `${ended}`)
  await probe.member.leave()
  await bus.close()
  await stage.end()
})
