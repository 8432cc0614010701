/** Cases: groups, positions, polling and `ready`. */
import assert from 'node:assert/strict'
import type { Bus } from '../bus.ts'
import { Probe, assertOffsets, offsetsOf, openBus, output, records, ridesOf, unit } from './fixture.ts'
import type { BusCase } from './fixture.ts'

const numbered = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `r${from + index}`)

const positionOf = async (bus: Bus, group: string, topic: string) =>
  (await bus.inspector.groups())
    .find((found) => found.group === group)
    ?.positions.find((position) => position.topic === topic && position.partition === 0)

export const groupCases: readonly BusCase[] = [
  {
    name: 'every group sees every record, at its own pace',
    promise:
      "A bus is joined by any number of members: one an app, its group being the app's name. Several apps may share one bus instance.",
    async run(fixture) {
      const bus = await openBus(fixture, 'news')
      const fast = await Probe.join(fixture, bus, 'fast', { topic: 'news' })
      const slow = await Probe.join(fixture, bus, 'slow', { topic: 'news' })
      await fast.settle({ outputs: [output('news', records(...numbered(5)))] })
      assert.deepEqual(ridesOf(await fast.take('news', 5)), numbered(5))
      await fast.settle({ settled: [['news', 5]] })
      await fast.settle({ outputs: [output('news', records(...numbered(5, 5)))] })
      assert.deepEqual(ridesOf(await fast.take('news', 5)), numbered(5, 5))
      assert.deepEqual(ridesOf(await slow.take('news', 10)), numbered(10))
      assert.equal((await positionOf(bus, 'fast', 'news'))!.watermark, 5)
      assert.equal((await positionOf(bus, 'slow', 'news'))?.watermark ?? 0, 0)
      await bus.close()
    },
  },
  {
    name: 'a new group reads from the beginning, or from now',
    promise: 'Where a group without a position begins. Default `beginning`.',
    needs: ({ supportsReplay }) => supportsReplay,
    async run(fixture) {
      const bus = await openBus(fixture, 'news')
      const owner = await Probe.join(fixture, bus, 'owner')
      await owner.settle({ outputs: [output('news', records('old'))] })
      const beginning = await Probe.join(fixture, bus, 'a', { topic: 'news' })
      const now = await Probe.join(fixture, bus, 'b', { topic: 'news', from: 'now' })
      await owner.settle({ outputs: [output('news', records('new'))] })
      assert.deepEqual(ridesOf(await beginning.take('news', 2)), ['old', 'new'])
      assert.deepEqual(ridesOf(await now.take('news', 1)), ['new'])
      await bus.close()
    },
  },
  {
    name: 'ready is told of what is there when a partition is assigned',
    promise: '`poll` would answer records of this partition.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const owner = await Probe.join(fixture, bus, 'owner')
      await owner.settle({ outputs: [output('in', records('a', 'b'))] })
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await fixture.until(() => probe.isReady('in'), 'ready before the first poll')
      assert.deepEqual(ridesOf(probe.poll('in')), ['a', 'b'])
      assert.deepEqual(probe.told, ['in/0'])
      await bus.close()
    },
  },
  {
    name: 'now stays where it was when the group first joined',
    promise: 'Where a group without a position begins.',
    async run(fixture) {
      const bus = await openBus(fixture, 'news')
      const owner = await Probe.join(fixture, bus, 'owner')
      const reader = await Probe.join(fixture, bus, 'reader', { topic: 'news', from: 'now' })
      await reader.ended(reader.member.leave())
      await owner.settle({ outputs: [output('news', records('while away'))] })
      const again = await Probe.join(fixture, bus, 'reader', { topic: 'news', from: 'now' })
      assert.deepEqual(ridesOf(await again.take('news', 1)), ['while away'])
      await bus.close()
    },
  },
  {
    name: 'a group goes on behind what it has settled, and skips what it settled above',
    promise: 'Settled records (below the watermark or in `above` at assignment) are not answered.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const before = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await before.settle({ outputs: [output('in', records(...numbered(10)))] })
      await before.take('in', 10)
      await before.settle({ settled: [['in', 2, [3, 5, 6, 7, 9, 10]]] })
      await before.ended(before.member.leave())
      const after = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const given = after.assignments.get('in/0')!
      assert.deepEqual([given.watermark, given.above], [2, [3, 5, 6, 7, 9, 10]])
      assert.deepEqual(offsetsOf(await after.take('in', 4)), [2, 5, 7, 8])
      await after.settle({ outputs: [output('in', records('next'))] })
      assertOffsets(bus, await after.take('in', 1), [10])
      await bus.close()
    },
  },
  {
    name: 'what is settled above is skipped one record at a time too',
    promise: 'At most so many records.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const before = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await before.settle({ outputs: [output('in', records(...numbered(8)))] })
      await before.settle({ settled: [['in', 0, [1, 3, 4, 8]]] })
      await before.ended(before.member.leave())
      const after = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      assert.deepEqual(offsetsOf(await after.take('in', 2, { recordsMax: 1 })), [0, 3])
      assert.deepEqual(after.poll('in'), [])
      await bus.close()
    },
  },
  {
    name: 'the next owner of a partition has a higher generation',
    promise: 'Counts the owners of this partition; a unit of an older owner is refused.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const first = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const { generation } = first.assignments.get('in/0')!
      await first.ended(first.member.leave())
      assert.deepEqual(first.lost.toSorted(), ['in/0', 'in/1', 'in/2', 'in/3'])
      const second = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      assert.ok(second.assignments.get('in/0')!.generation > generation)
      await bus.close()
    },
  },
  {
    name: 'two members of a group share the partitions, and one that leaves gives its share back',
    promise:
      "These partitions are now the member's, at these committed positions. These partitions are no longer the member's.",
    needs: ({ membersMax }) => membersMax >= 2,
    async run(fixture) {
      const bus = await openBus(fixture, 'in', 'parked')
      const first = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'parked' })
      assert.equal(first.assignments.size, 8)
      const all = [0, 1, 2, 3]
      await first.settle({ outputs: all.map((partition) => output('in', records('a', 'b'), partition)) })
      for (const partition of all) await first.take('in', 2, { partition })
      await first.ended(
        first.member.settle({
          outputs: [],
          acknowledgements: all.map((partition) => ({ topic: 'in', partition, watermark: 1, above: [] })),
          changes: [],
        }),
      )
      const second = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'parked' })
      await fixture.until(() => first.assignments.size + second.assignments.size === 8, 'every partition has an owner')
      assert.equal(second.assignments.size, 4)
      for (const place of second.assignments.keys()) {
        assert.ok(!first.assignments.has(place), 'one owner a partition')
        const [topic, partition] = place.split('/')
        assert.ok(
          second.assignments.has(`${topic === 'in' ? 'parked' : 'in'}/${partition}`),
          'a parking partition goes with its input',
        )
      }
      const moved = all.find((partition) => second.assignments.has(`in/${partition}`))!
      assert.equal(second.assignments.get(`in/${moved}`)!.watermark, 1)
      assert.deepEqual(offsetsOf(await second.take('in', 1, { partition: moved })), [1])
      assert.deepEqual(first.poll('in', { partition: moved }), [], 'who lost a partition is answered nothing')
      await second.ended(second.member.leave())
      await fixture.until(() => first.assignments.size === 8, 'the first owns all again')
      assert.deepEqual(offsetsOf(await first.take('in', 1, { partition: moved })), [1])
      await bus.close()
    },
  },
  {
    name: 'the next owner of a partition finds what the one before wrote when it was taken away',
    promise:
      'A unit of rows alone that the member hands over inside this call has ended before the next owner of the partitions is named, unless the member was cut off.',
    needs: ({ membersMax }) => membersMax >= 2,
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const first = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const row = (key: string, partition: number, value: string | null) => ({ store: 's', partition, key, value })
      await first.settle({ changes: [0, 1, 2, 3].map((partition) => row('owned', partition, '1')) })
      first.onRevoked = (partitions) =>
        void first.member.settle(
          unit({
            changes: partitions.flatMap(({ partition }) => [
              row('owned', partition, null),
              row('left', partition, '1'),
            ]),
          }),
        )
      const second = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await fixture.until(() => second.assignments.size > 0, 'the second has a share')
      for (const { partition } of second.assignments.values())
        assert.deepEqual([...(await second.ended(second.member.load('s', partition)))], [['left', '1']])
      first.onRevoked = undefined
      await bus.close()
    },
  },
  {
    name: 'ready is told again after a short poll, and not before',
    promise: 'Told again only after a `poll` of it came back short.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      assert.deepEqual(probe.poll('in'), [])
      await probe.settle({ outputs: [output('in', records('a', 'b', 'c'))] })
      await fixture.until(() => probe.isReady('in'), 'ready after an empty poll')
      await probe.settle({ outputs: [output('in', records('d'))] })
      assert.deepEqual(probe.told, ['in/0'], 'told once')
      assert.equal(probe.poll('in', { recordsMax: 2 }).length, 2)
      await probe.settle({ outputs: [output('in', records('e'))] })
      assert.deepEqual(probe.told, ['in/0'], 'not told after a poll that was full')
      assert.deepEqual(ridesOf(await probe.take('in', 3, { recordsMax: 10 })), ['c', 'd', 'e'])
      await probe.settle({ outputs: [output('in', records('f'))] })
      await fixture.until(() => probe.isReady('in'), 'ready after a short poll')
      assert.deepEqual(ridesOf(probe.poll('in')), ['f'])
      await bus.close()
    },
  },
  {
    name: 'a long backlog is polled in order without a gap',
    promise: 'Answers nothing when nothing is at hand, fetches in the background, and calls `ready` later.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const owner = await Probe.join(fixture, bus, 'owner')
      for (let turn = 0; turn < 20; turn++)
        await owner.settle({ outputs: [output('in', records(...numbered(100, turn * 100)))] })
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const polled = await probe.take('in', 2000, { recordsMax: 64 })
      assertOffsets(
        bus,
        polled,
        Array.from({ length: 2000 }, (_, index) => index),
      )
      assert.deepEqual(ridesOf(polled), numbered(2000))
      await owner.settle({ outputs: [output('in', records('last'))] })
      assert.deepEqual(ridesOf(await probe.take('in', 1, { recordsMax: 64 })), ['last'])
      await bus.close()
    },
  },
  {
    name: 'a rewind answers again from there on',
    promise: 'Puts the fetch position of an assigned partition back to `offset`.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const before = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await before.settle({ outputs: [output('in', records(...numbered(10)))] })
      await before.settle({ settled: [['in', 2, [4, 6]]] })
      await before.ended(before.member.leave())
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      assert.deepEqual(offsetsOf(await probe.take('in', 6)), [2, 3, 6, 7, 8, 9])
      probe.member.rewind('in', 0, 3)
      assert.deepEqual(offsetsOf(await probe.take('in', 5)), [3, 6, 7, 8, 9])
      probe.member.rewind('in', 0, 8)
      await fixture.until(() => probe.isReady('in'), 'ready after a rewind')
      assert.deepEqual(offsetsOf(await probe.take('in', 2)), [8, 9])
      await bus.close()
    },
  },
  {
    name: 'an operator moves a group by offset',
    promise: 'Moves a group of which no member is running; refused with MB_GROUP_IN_USE otherwise.',
    needs: ({ supportsSeek }) => supportsSeek,
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const before = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await before.settle({ outputs: [output('in', records(...numbered(5)))] })
      await before.settle({ settled: [['in', 3, [4, 5]]] })
      await assert.rejects(bus.inspector.seek('app', { topic: 'in', partition: 0, offset: 1 }), {
        code: 'MB_GROUP_IN_USE',
      })
      await before.ended(before.member.leave())
      await bus.inspector.seek('app', { topic: 'in', partition: 0, offset: 1 })
      const after = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      assert.deepEqual(offsetsOf(await after.take('in', 4)), [1, 2, 3, 4])
      await bus.close()
    },
  },
  {
    name: 'an offset is found by time',
    promise: 'The first offset appended at or after `timeMs`, or the end.',
    needs: ({ supportsSeek }) => supportsSeek,
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const times: number[] = []
      for (const ride of ['a', 'b', 'c']) {
        const { clock } = fixture.platform
        times.push(clock.now())
        await probe.settle({ outputs: [output('in', records(ride))] })
        const then = clock.now()
        await fixture.until(() => clock.now() > then, 'time goes on')
      }
      const from = async (time: number): Promise<string[]> =>
        ridesOf(await bus.inspector.read('in', 0, await bus.inspector.offsetAt('in', 0, time), 3))
      const appended = ['a', 'b', 'c']
      for (const [index, time] of times.entries()) assert.deepEqual(await from(time), appended.slice(index))
      assert.deepEqual(await from(0), appended)
      assert.deepEqual(await from(fixture.platform.clock.now() + 1000), [])
      assert.equal(await bus.inspector.offsetAt('in', 1, 0), 0)
      await bus.close()
    },
  },
  {
    name: 'two apps on one bus: what one publishes the other reads, and both settle on their own',
    promise: 'Several apps may share one bus instance in a process.',
    async run(fixture) {
      const bus = await openBus(fixture, 'orders.in', 'confirmed')
      const orders = await Probe.join(fixture, bus, 'orders', { topic: 'orders.in' })
      await bus.ensureTopics([{ name: 'mail.in', partitions: 4 }])
      const mail = await Probe.join(fixture, bus, 'mail', { topic: 'confirmed' }, { topic: 'mail.in' })
      await orders.settle({ outputs: [output('orders.in', records('o1'))] })
      await orders.take('orders.in', 1)
      await orders.settle({ outputs: [output('confirmed', records('o1'))], settled: [['orders.in', 1]] })
      assert.deepEqual(ridesOf(await mail.take('confirmed', 1)), ['o1'])
      const both = [
        mail.member.settle(unit({ outputs: [output('mail.in', records('m1'))], settled: [['confirmed', 1]] })),
        orders.member.settle(unit({ outputs: [output('orders.in', records('o2'))] })),
      ]
      assert.deepEqual(await mail.ended(Promise.all(both)), ['committed', 'committed'])
      assert.deepEqual(ridesOf(await mail.take('mail.in', 1)), ['m1'])
      assert.equal((await positionOf(bus, 'mail', 'confirmed'))!.watermark, 1)
      assert.equal(await positionOf(bus, 'orders', 'confirmed'), undefined)
      await bus.close()
    },
  },
]
