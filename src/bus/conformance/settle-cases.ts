/** Cases: what one settle makes visible together, when, and to whom. */
import assert from 'node:assert/strict'
import { Probe, openBus, output, records, ridesOf, unit } from './fixture.ts'
import type { BusCase, UnitParts } from './fixture.ts'

export const settleCases: readonly BusCase[] = [
  {
    name: 'outputs, acknowledgements and state of a unit come together',
    promise: 'Makes a unit visible and durable, all or nothing.',
    needs: ({ supportsAtomicSettle }) => supportsAtomicSettle,
    async run(fixture) {
      const bus = await openBus(fixture, 'in', 'out')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
      await probe.settle({ outputs: [output('in', records('a', 'b'))] })
      await probe.settle({
        outputs: [output('out', records('a'))],
        settled: [['in', 1]],
        changes: [{ store: 'park/x', partition: 0, key: 'k', value: '{"attempts":1}' }],
      })
      const [group] = await bus.inspector.groups()
      const position = group!.positions.find(({ topic, partition }) => topic === 'in' && partition === 0)
      assert.deepEqual([group!.group, position!.watermark, position!.above], ['app', 1, []])
      assert.deepEqual(ridesOf(await probe.take('out', 1)), ['a'])
      assert.deepEqual([...(await bus.inspector.rows('app', 'park/x', 0))], [['k', '{"attempts":1}']])
      await bus.close()
    },
  },
  {
    name: 'a unit for a topic that does not exist changes nothing',
    promise: 'All or nothing.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const settle = probe.member.settle(
        unit({
          outputs: [output('in', records('a')), output('nowhere', records('a'))],
          changes: [{ store: 's', partition: 0, key: 'k', value: '1' }],
        }),
      )
      await assert.rejects(probe.ended(settle))
      assert.deepEqual(await bus.inspector.read('in', 0, 0, 1), [])
      assert.equal((await bus.inspector.rows('app', 's', 0)).size, 0)
      await bus.close()
    },
  },
  {
    name: 'an acknowledgement that is no set of ranges is refused',
    promise: '`above` is flat, half-open, ascending, disjoint, none touching the watermark.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await probe.settle({ outputs: [output('in', records(...Array.from({ length: 9 }, (_, index) => `r${index}`)))] })
      for (const above of [[3], [2, 3], [5, 4], [3, 5, 5, 6], [3, 3]])
        await assert.rejects(probe.ended(probe.member.settle(unit({ settled: [['in', 2, above]] }))), {
          family: 'stop',
        })
      await probe.settle({ settled: [['in', 2, [3, 5, 6, 7]]] })
      await bus.close()
    },
  },
  {
    name: 'state rows are loaded as the newest unit left them',
    promise: 'The rows of a state table of an assigned partition, as of the newest committed unit.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const change = (partition: number, key: string, value: string | null) => ({
        store: 'park/x',
        partition,
        key,
        value,
      })
      await probe.settle({ changes: [change(0, 'a', '1'), change(0, 'ü', '"ß"'), change(1, 'a', '3')] })
      await probe.settle({ changes: [change(0, 'a', '2'), change(0, 'b', '1'), change(0, 'b', null)] })
      assert.deepEqual(
        await probe.ended(probe.member.load('park/x', 0)),
        new Map([
          ['a', '2'],
          ['ü', '"ß"'],
        ]),
      )
      assert.deepEqual(await probe.ended(probe.member.load('park/x', 1)), new Map([['a', '3']]))
      assert.equal((await probe.ended(probe.member.load('park/y', 0))).size, 0)
      await bus.close()
    },
  },
  {
    name: 'without run-ahead nothing is polled before it is durable',
    promise: 'Also records that are appended but not yet durable: for stops without outside effects.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      probe.poll('in')
      const settle = probe.member.settle(unit({ outputs: [output('in', records('a'))] }))
      assert.deepEqual(probe.poll('in'), [])
      assert.equal(probe.isReady('in'), false)
      assert.equal(await probe.ended(settle), 'committed')
      assert.deepEqual(ridesOf(await probe.take('in', 1)), ['a'])
      await bus.close()
    },
  },
  {
    name: 'with run-ahead a whole chain of units can be built before the first is durable',
    promise:
      'Where `supportsRunAhead`, the outputs have their offsets and can be polled `ahead` when the call returns.',
    needs: ({ supportsRunAhead }) => supportsRunAhead,
    async run(fixture) {
      const bus = await openBus(fixture, 'one', 'two')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'one' }, { topic: 'two' })
      for (const topic of ['one', 'two']) probe.poll(topic, { ahead: true })
      const first = probe.member.settle(unit({ outputs: [output('one', records('a', 'b'))] }))
      assert.ok(probe.isReady('one'), 'ready is told inside settle')
      assert.deepEqual(ridesOf(probe.poll('one', { ahead: true })), ['a', 'b'])
      const second = probe.member.settle(unit({ outputs: [output('two', records('a', 'b'))], settled: [['one', 2]] }))
      assert.deepEqual(ridesOf(probe.poll('two', { ahead: true })), ['a', 'b'])
      assert.deepEqual(await bus.inspector.read('two', 0, 0, 9), [], 'others see only what is durable')
      assert.deepEqual(await probe.ended(Promise.all([first, second])), ['committed', 'committed'])
      assert.equal((await bus.inspector.read('two', 0, 0, 9)).length, 2)
      await bus.close()
    },
  },
  {
    name: 'units end in the order of the calls',
    promise: 'In the order of the calls.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const ended: number[] = []
      const settles = Array.from({ length: 20 }, (_, index) =>
        probe.member
          .settle(unit({ outputs: [output('in', records(`r${index}`), index % 4)] }))
          .then(() => ended.push(index)),
      )
      await probe.ended(Promise.all(settles))
      assert.deepEqual(
        ended,
        Array.from({ length: 20 }, (_, index) => index),
      )
      await bus.close()
    },
  },
  {
    name: 'a unit whose answer is unknown and that happened, happens once',
    promise:
      '`unknown`: either may be true; the runtime settles the same unit again, the same object, and runs no handler.',
    needs: ({ answersUnknown }) => answersUnknown,
    run: (fixture) => unknownOnce(fixture, true),
  },
  {
    name: 'a unit whose answer is unknown and that did not happen, happens once',
    promise: '`unknown`: either may be true; what was handed over behind it waits.',
    needs: ({ answersUnknown }) => answersUnknown,
    run: (fixture) => unknownOnce(fixture, false),
  },
  {
    name: 'a partition that another member owns is not acknowledged',
    promise:
      '`refused`: nothing of it happened and nothing will; the member is no longer an owner of a partition it acknowledges.',
    needs: ({ membersMax }) => membersMax >= 2,
    async run(fixture) {
      const bus = await openBus(fixture, 'in', 'out')
      const first = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await first.settle({ outputs: [0, 1, 2, 3].map((partition) => output('in', records('a'), partition)) })
      const second = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await fixture.until(() => second.assignments.size > 0, 'some partitions have moved')
      const lost = first.lost.map((place) => Number(place.split('/')[1]))
      assert.ok(lost.length > 0 && lost.length < 4, 'not all partitions have moved')
      const partition = [...second.assignments.values()][0]!.partition
      assert.ok(lost.includes(partition))
      const stale = {
        outputs: [output('out', records('x'))],
        acknowledgements: [{ topic: 'in', partition, watermark: 1, above: [] }],
        changes: [],
      }
      assert.equal(await first.ended(first.member.settle(stale)), 'refused')
      assert.deepEqual(await bus.inspector.read('out', 0, 0, 1), [])
      assert.equal(await second.ended(second.member.settle(stale)), 'committed')
      await bus.close()
    },
  },
  {
    name: 'a refused unit refuses what its sender built before it heard of the refusal',
    promise: '`refused`: its `epoch` is that of a refused one.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in', 'foreign')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const hand = (ride: string, epoch: number, settled: UnitParts['settled'] = []) =>
        probe.member.settle({ ...unit({ outputs: [output('in', records(ride))], settled }), epoch })
      assert.equal(await probe.ended(hand('a', 0)), 'committed')
      const settles = [hand('b', 0, [['foreign', 0]]), hand('c', 0)]
      assert.deepEqual(await probe.ended(Promise.all(settles)), ['refused', 'refused'])
      assert.equal(await probe.ended(hand('d', 0)), 'refused')
      assert.equal(await probe.ended(hand('e', 1)), 'committed')
      assert.deepEqual(ridesOf(await probe.take('in', 2)), ['a', 'e'])
      await bus.close()
    },
  },
  {
    name: 'entries wait while the bus is short of space, and settling goes on',
    promise:
      'Entries must wait (true) or may go on (false): the bus is short of space or memory. Settling goes on meanwhile.',
    needs: ({ canBePressed }) => canBePressed,
    async run(fixture) {
      const bus = await openBus(fixture, 'in', 'out')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
      await fixture.press!.fill(probe)
      await fixture.until(() => probe.pressure.at(-1) === true, 'the member is told to wait')
      const late = await Probe.join(fixture, bus, 'late')
      await fixture.until(() => late.pressure.at(-1) === true, 'who joins now is told too')
      await late.ended(late.member.leave())
      await probe.settle({ outputs: [output('out', records('settled'))], settled: [['in', 1]] })
      await fixture.press!.relieve(probe)
      await fixture.until(() => probe.pressure.at(-1) === false, 'the member is told to go on')
      await probe.settle({ outputs: [output('in', records('again'), 3)] })
      await bus.close()
    },
  },
  {
    name: 'what is handed over while entries should wait voids nothing, and nothing overtakes it',
    promise: 'It is a request to whoever brings events in: a unit that is handed over all the same is taken as ever.',
    needs: ({ canBePressed }) => canBePressed,
    async run(fixture) {
      const bus = await openBus(fixture, 'in', 'out')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
      const hand = (ride: string, settled: UnitParts['settled'] = []) =>
        probe.member.settle({ ...unit({ outputs: [output('out', records(ride))], settled }), epoch: 0 })
      const row = { store: 's', partition: 0, key: 'k', value: '1' }
      await fixture.press!.fill(probe)
      await fixture.until(() => probe.pressure.at(-1) === true, 'the member is told to wait')
      const settles = [hand('a'), hand('b', [['in', 1]]), probe.member.settle(unit({ changes: [row] })), hand('c')]
      await fixture.press!.relieve(probe)
      settles.push(hand('d', [['in', 1]]), hand('e'))
      assert.deepEqual(new Set(await probe.ended(Promise.all(settles))), new Set(['committed']))
      assert.deepEqual(ridesOf(await bus.inspector.read('out', 0, 0, 9)), ['a', 'b', 'c', 'd', 'e'])
      await bus.close()
    },
  },
]

async function unknownOnce(fixture: Parameters<BusCase['run']>[0], happened: boolean): Promise<void> {
  const bus = await openBus(fixture, 'in', 'out')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
  await probe.settle({ outputs: [output('in', records('a', 'b'))] })
  const doubtful = unit({
    outputs: [output('out', records('a'))],
    settled: [['in', 1]],
    changes: [{ store: 's', partition: 0, key: 'k', value: '1' }],
  })
  fixture.answerUnknown!(happened)
  const first = probe.member.settle(doubtful)
  const behind = probe.member.settle(unit({ outputs: [output('out', records('b'))], settled: [['in', 2]] }))
  let hasBehindEnded = false
  void behind.then(() => (hasBehindEnded = true))
  assert.equal(await probe.ended(first), 'unknown')
  assert.equal(hasBehindEnded, happened, 'what is behind waits for a unit that did not happen')
  assert.equal(await probe.ended(probe.member.settle(doubtful)), 'committed')
  assert.equal(await probe.ended(behind), 'committed')
  await probe.settle({ outputs: [output('out', records('c'))] })
  assert.deepEqual(ridesOf(await bus.inspector.read('out', 0, 0, 9)), ['a', 'b', 'c'])
  assert.deepEqual([...(await bus.inspector.rows('app', 's', 0))], [['k', '1']])
  await bus.close()
}
