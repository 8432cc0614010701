/** Cases: opening, closing, opening again, and what is left when a process has gone. */
import assert from 'node:assert/strict'
import { Probe, assertOffsets, offsetsOf, openBus, output, records, ridesOf, unit } from './fixture.ts'
import type { BusCase } from './fixture.ts'

export const lifecycleCases: readonly BusCase[] = [
  {
    name: 'a bus that is not open takes no call',
    promise: 'Called once, before anything else.',
    async run(fixture) {
      const bus = fixture.make()
      await assert.rejects(bus.ensureTopics([{ name: 'in' }]), { code: 'MB_BUS_NOT_OPEN' })
      await assert.rejects(bus.inspector.topics(), { code: 'MB_BUS_NOT_OPEN' })
      await bus.close()
    },
  },
  {
    name: 'a bus is shared by those who open it and ends with the last of them',
    promise: 'Several apps may share one bus instance in a process.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      await bus.open(fixture.platform)
      await bus.close()
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await probe.settle({ outputs: [output('in', records('a'))] })
      await probe.ended(bus.close())
      await assert.rejects(bus.open(fixture.platform), { code: 'MB_BUS_NOT_OPEN' })
    },
  },
  {
    name: 'closing ends what is on its way',
    promise: 'Ends every pending settle, then lets go of everything.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const settles = [1, 2, 3].map((turn) =>
        probe.member.settle(unit({ outputs: [output('in', records(`r${turn}`))] })),
      )
      const closed = bus.close()
      assert.deepEqual(await probe.ended(Promise.all(settles)), ['committed', 'committed', 'committed'])
      await probe.ended(closed)
    },
  },
  {
    name: 'after the close nothing is taken, answered or told',
    promise: 'Lets go of everything.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await probe.settle({ outputs: [output('in', records('a'))] })
      await probe.ended(bus.close())
      const told = probe.told.length
      assert.deepEqual(probe.poll('in'), [])
      probe.member.rewind('in', 0, 0)
      await assert.rejects(probe.member.settle(unit({ outputs: [output('in', records('b'))] })), {
        code: 'MB_BUS_NOT_OPEN',
      })
      await assert.rejects(probe.member.load('s', 0), { code: 'MB_BUS_NOT_OPEN' })
      await assert.rejects(bus.join('other', [], probe), { code: 'MB_BUS_NOT_OPEN' })
      await assert.rejects(bus.inspector.read('in', 0, 0, 1), { code: 'MB_BUS_NOT_OPEN' })
      assert.throws(() => bus.partitions('in'), { code: 'MB_BUS_NOT_OPEN' })
      await probe.member.leave()
      await bus.close()
      assert.equal(probe.told.length, told)
    },
  },
  {
    name: 'a member that has left takes nothing, and the others go on',
    promise: 'Gives the partitions back after the pending settles have ended.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const gone = await Probe.join(fixture, bus, 'gone', { topic: 'in' })
      const stays = await Probe.join(fixture, bus, 'stays', { topic: 'in' })
      const order: string[] = []
      const last = gone.member.settle(unit({ outputs: [output('in', records('a'))] }))
      void last.then(() => order.push(`settled, ${gone.lost.length} lost`))
      const left = gone.member.leave()
      void left.then(() => order.push(`left, ${gone.lost.length} lost`))
      await assert.rejects(gone.member.settle(unit({})), { code: 'MB_BUS_NOT_OPEN' })
      await gone.ended(Promise.all([left, gone.member.leave()]))
      assert.equal(await last, 'committed')
      assert.deepEqual(order, ['settled, 0 lost', 'left, 4 lost'])
      await stays.settle({ outputs: [output('in', records('b'))] })
      assert.deepEqual(ridesOf(await stays.take('in', 2)), ['a', 'b'])
      assert.deepEqual(gone.poll('in'), [])
      await bus.close()
    },
  },
  {
    name: 'a bus opened again has every record, position and row',
    promise: 'What is settled survives the process.',
    needs: ({ isDurable }) => isDurable,
    async run(fixture) {
      const before = await openBus(fixture, 'in', 'out')
      const first = await Probe.join(fixture, before, 'app', { topic: 'in' }, { topic: 'out' })
      await first.settle({ outputs: [output('in', records('a', 'b', 'c', 'd'))] })
      await first.settle({
        outputs: [output('out', records('b'))],
        settled: [['in', 1, [2, 3]]],
        changes: [{ store: 's', partition: 2, key: 'k', value: '7' }],
      })
      await first.ended(before.close())

      const after = await openBus(fixture, 'in', 'out')
      assert.equal(after.partitions('in'), 4)
      const second = await Probe.join(fixture, after, 'app', { topic: 'in' }, { topic: 'out' })
      const { watermark, above } = second.assignments.get('in/0')!
      assert.deepEqual([watermark, above], [1, [2, 3]])
      assert.deepEqual(offsetsOf(await second.take('in', 2)), [1, 3])
      assert.deepEqual(ridesOf(await second.take('out', 1)), ['b'])
      assert.deepEqual([...(await second.ended(second.member.load('s', 2)))], [['k', '7']])
      await second.settle({ outputs: [output('in', records('e'))] })
      assertOffsets(after, await second.take('in', 1), [4], 'offsets go on')
      await second.ended(after.close())
    },
  },
]
