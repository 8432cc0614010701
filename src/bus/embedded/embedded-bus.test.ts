import assert from 'node:assert/strict'
import test from 'node:test'
import { isMetrobusError } from '../../errors/index.ts'
import { partitionOf } from '../../event/partition.ts'
import type { Platform } from '../../internal/platform/platform.ts'
import { SeededRandom, SimDisk, VirtualClock, chooseSeed, crashImages } from '../../testing/index.ts'
import { resolveCapabilities } from '../capabilities.ts'
import { plannedCases } from '../conformance.ts'
import type { BusFixture } from '../conformance.ts'
import { Probe, offsetsOf, openBus, output, record, records, ridesOf, unit } from '../conformance/fixture.ts'
import { modelCase } from '../conformance/model-case.ts'
import { embedded, inspectEmbedded } from './index.ts'
import type { EmbeddedOptions } from './index.ts'

const dir = '/data'
const KiB = 1024
const MiB = 1024 * KiB

interface EmbeddedFixture extends BusFixture {
  readonly clock: VirtualClock
  readonly disk: SimDisk
}

interface FixtureOptions {
  readonly options?: EmbeddedOptions
  readonly seed?: number
  readonly disk?: SimDisk
  readonly clock?: VirtualClock
}

function fixtureOf({
  options = {},
  seed = 1,
  clock = new VirtualClock(),
  disk = new SimDisk({ clock, log: false }),
}: FixtureOptions = {}): EmbeddedFixture {
  const platform: Platform = { clock, random: new SeededRandom(seed), disk }
  return {
    clock,
    disk,
    platform,
    make: () => embedded({ dir, ...options }),
    async until(isSo, what) {
      for (let waited = 0; !isSo(); waited += 5) {
        assert.ok(waited < 10_000, `in vain: ${what}`)
        await clock.advance(5)
      }
    },
    press: {
      async fill(probe) {
        disk.capacityBytes = disk.files().reduce((sum, { size }) => sum + size, 0) + 16 * KiB
        for (let round = 0; probe.pressure.length === 0; round++)
          await probe.settle({ outputs: [output('in', [record(`fill${round}`, 'x'.repeat(4 * KiB))])] })
      },
      async relieve() {
        disk.capacityBytes = Infinity
      },
    },
    async end() {},
  }
}

const capabilities = resolveCapabilities(embedded().capabilities)
const abilities = { ...capabilities, membersMax: 1, answersUnknown: false, canBePressed: true }
const alone = 'one process owns the journal, and an app is the only member of its group in it'
const certain = 'the journal either fails for good or knows what is on the disk: its answer is never `unknown`'
const leftOut = {
  'a partition that another member owns is not acknowledged': alone,
  'two members of a group share the partitions, and one that leaves gives its share back': alone,
  'the next owner of a partition finds what the one before wrote when it was taken away': alone,
  'a unit whose answer is unknown and that happened, happens once': certain,
  'a unit whose answer is unknown and that did not happen, happens once': certain,
}

const small: EmbeddedOptions = { segmentBytes: 64 * KiB, cacheBytesMax: 64 * KiB }
const kinds: Readonly<Record<string, EmbeddedOptions>> = {
  'as it comes': {},
  small,
  'not synced': { durability: 'none' },
}

for (const [kind, options] of Object.entries(kinds))
  for (const { name, run } of plannedCases({ abilities, fixture: async () => fixtureOf({ options }), leftOut }))
    test(`embedded, ${kind}: ${name}`, run)

test('embedded: any mixture of calls agrees with a model of a log, with many seeds', async () => {
  const first = chooseSeed()
  for (let seed = first; seed < first + 30; seed++) {
    const options: EmbeddedOptions = { segmentBytes: 64 * KiB, cacheBytesMax: (64 << (seed % 4)) * KiB }
    await assert.doesNotReject(modelCase.run(fixtureOf({ options, seed })), `METROBUS_SEED=${seed}`)
  }
})

/** Lets nothing reach the disk until more waits than the journal takes, so that the last units are held. */
function overfill(
  probe: Probe,
  { disk }: EmbeddedFixture,
): { readonly rides: string[]; readonly settles: Promise<string>[] } {
  disk.fail(({ name }) => (name === 'write' ? { error: 'ENOSPC' } : undefined))
  const text = 'x'.repeat(MiB - 2)
  const rides = Array.from({ length: 56 }, (_, index) => `r${index}`)
  const settles: Promise<string>[] = []
  for (const ride of rides)
    settles.push(probe.member.settle(unit({ outputs: [output('out', [record(ride, text)])], settled: [['in', 0]] })))
  assert.equal(probe.pressure.at(-1), true, 'entries wait')
  return { rides, settles }
}

test('settling units for which there is no space are held and settled in order when it is back', async () => {
  const fixture = fixtureOf({ options: { reserveBytes: 0 } })
  const bus = await openBus(fixture, 'in', 'out')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
  const { rides, settles } = overfill(probe, fixture)
  const seen = probe.poll('out', { recordsMax: 1000, ahead: true }).length
  assert.ok(seen < rides.length, 'some are held')
  fixture.disk.fail(undefined)
  assert.deepEqual(new Set(await probe.ended(Promise.all(settles))), new Set(['committed']))
  assert.deepEqual(ridesOf(await bus.inspector.read('out', 0, 0, 1000)), rides)
  await probe.ended(bus.close())
})

test('what is handed over while others are held waits behind them, whatever it is', async () => {
  const fixture = fixtureOf({ options: { reserveBytes: 0 } })
  const bus = await openBus(fixture, 'in', 'out')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
  const { rides, settles } = overfill(probe, fixture)
  fixture.disk.fail(undefined)
  for (let late = 0; late < 150; late++) {
    const outputs = [output('out', records(`late${late}`))]
    settles.push(probe.member.settle(unit(late % 2 === 0 ? { outputs } : { outputs, settled: [['in', 0]] })))
    rides.push(`late${late}`)
    await fixture.clock.advance(10)
  }
  assert.deepEqual(new Set(await probe.ended(Promise.all(settles))), new Set(['committed']))
  assert.deepEqual(ridesOf(await bus.inspector.read('out', 0, 0, 1000)), rides)
  await probe.ended(bus.close())
})

test('a member leaves although the disk is full: what was held is refused, and what was taken is not lost', async () => {
  const fixture = fixtureOf({ options: { reserveBytes: 0 } })
  const bus = await openBus(fixture, 'in', 'out')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
  const { settles } = overfill(probe, fixture)
  const left = probe.member.leave()
  fixture.disk.fail(undefined)
  await probe.ended(left)
  const ended = await probe.ended(Promise.all(settles))
  const committed = ended.lastIndexOf('committed') + 1
  assert.ok(committed > 0 && committed < settles.length)
  assert.deepEqual(new Set(ended.slice(committed)), new Set(['refused']))
  assert.equal((await bus.inspector.read('out', 0, 0, 1000)).length, committed)
  await probe.ended(bus.close())
})

test('a disk that cannot sync ends the bus: what waits is told, and nothing is taken any more', async () => {
  const fixture = fixtureOf()
  const bus = await openBus(fixture, 'in')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  const other = await Probe.join(fixture, bus, 'other', { topic: 'in' })
  fixture.disk.fail(({ name }) => (name === 'sync' ? { error: 'EIO' } : undefined))
  const settles = [1, 2].map((turn) => probe.member.settle(unit({ outputs: [output('in', records(`r${turn}`))] })))
  for (const ended of await probe.ended(Promise.allSettled(settles)))
    assert.ok(ended.status === 'rejected' && isMetrobusError(ended.reason, 'MB_JOURNAL_POISONED'))
  for (const { failures } of [probe, other]) assert.ok(isMetrobusError(failures[0], 'MB_JOURNAL_POISONED'))
  assert.deepEqual(probe.poll('in'), [])
  await assert.rejects(probe.member.settle(unit({})), { code: 'MB_JOURNAL_POISONED' })
  await assert.rejects(bus.inspector.read('in', 0, 0, 1), { code: 'MB_JOURNAL_POISONED' })
  await probe.ended(bus.close())
})

test('a record that cannot be read back ends the bus instead of being passed over', async () => {
  const fixture = fixtureOf()
  const before = await openBus(fixture, 'in')
  const first = await Probe.join(fixture, before, 'app', { topic: 'in' })
  await first.settle({ outputs: [output('in', [record('damaged', 'x'.repeat(1000)), ...records('whole')])] })
  await first.settle({ outputs: [output('in', records('more'))] })
  await first.ended(before.close())
  const after = await openBus(fixture, 'in')
  const segment = fixture.disk.files().find(({ path }) => /seg/.test(path))!
  const bytes = fixture.disk.contents(segment.path)
  bytes[Buffer.from(bytes).indexOf('xxxx')]! ^= 1
  fixture.disk.replace(segment.path, bytes)
  const second = await Probe.join(fixture, after, 'app', { topic: 'in' })
  assert.deepEqual(second.poll('in'), [])
  await fixture.until(() => second.failures.length > 0, 'the member is told')
  assert.ok(isMetrobusError(second.failures[0], 'MB_JOURNAL_CORRUPT'))
  await second.ended(after.close())
})

test('in whatever moment the power fails, outputs, acknowledgements and state are found together', async () => {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock })
  const fixture = fixtureOf({ clock, disk, options: { reserveBytes: 0 } })
  const bus = await openBus(fixture, 'in', 'out')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
  const rides = Array.from({ length: 12 }, (_, index) => `r${index}`)
  await probe.settle({ outputs: [output('in', records(...rides))] })
  const from = disk.operations.length
  const acknowledged: number[] = []
  for (const [index, ride] of rides.entries()) {
    const changes = [{ store: 's', partition: 0, key: 'count', value: `${index + 1}` }]
    void probe.member
      .settle(
        unit({ outputs: [output('out', records(ride), partitionOf(ride, 4))], settled: [['in', index + 1]], changes }),
      )
      .then(() => acknowledged.push(disk.operations.length))
    if (index % 3 === 0) await clock.advance(1)
  }
  await fixture.until(() => acknowledged.length === rides.length, 'all are settled')
  disk.halt()
  let images = 0
  for (const image of crashImages(disk, { from, cutEvery: 97 })) {
    images++
    const after = fixtureOf({ clock: new VirtualClock(), disk: image.mount() })
    const { inspector, close } = await inspectAfter(after)
    const [watermark, rows, outputs] = [
      (await inspector.groups())[0]!.positions.find(({ topic, partition }) => topic === 'in' && partition === 0)!
        .watermark,
      await inspector.rows('app', 's', 0),
      await Promise.all([0, 1, 2, 3].map((partition) => inspector.read('out', partition, 0, 100))),
    ]
    assert.equal(outputs.flat().length, watermark, image.name)
    assert.equal(Number(rows.get('count') ?? 0), watermark, image.name)
    assert.deepEqual(new Set(outputs.flat().map(({ ride }) => ride)), new Set(rides.slice(0, watermark)), image.name)
    assert.ok(watermark >= acknowledged.filter((operations) => operations <= image.completed).length, image.name)
    await close()
  }
  assert.ok(images > 20, `${images} images`)
})

/** Opens as an app would, and so recovers. */
async function inspectAfter(fixture: EmbeddedFixture) {
  const bus = fixture.make()
  await bus.open(fixture.platform)
  return { inspector: bus.inspector, close: () => bus.close() }
}

test('a group that falls behind reads the journal, and the one ahead of it keeps its place in memory', async () => {
  const fixture = fixtureOf({ options: { cacheBytesMax: 64 * KiB } })
  const bus = await openBus(fixture, 'in')
  const fast = await Probe.join(fixture, bus, 'fast', { topic: 'in' })
  const slow = await Probe.join(fixture, bus, 'slow', { topic: 'in' })
  const reads = (): number => fixture.disk.callCount('read')
  const made = Array.from({ length: 300 }, (_, index) => record(`r${index}`, 'x'.repeat(2 * KiB)))
  fast.poll('in', { ahead: true })
  const before = reads()
  for (const [index, one] of made.entries()) {
    await fast.settle({ outputs: [output('in', [one])] })
    assert.equal(fast.poll('in', { ahead: true })[0], one, `record ${index} is handed over by reference`)
  }
  assert.deepEqual(ridesOf(await slow.take('in', 300)), ridesOf(made))
  assert.ok(reads() > before, 'the slow one does')
  await bus.close()
})

test('an only reader that falls behind gets the oldest from memory and the rest from the journal', async () => {
  const fixture = fixtureOf({ options: { cacheBytesMax: 64 * KiB } })
  const bus = await openBus(fixture, 'in')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  const made = Array.from({ length: 300 }, (_, index) => record(`r${index}`, 'x'.repeat(2 * KiB)))
  await probe.settle({ outputs: [output('in', made.slice(0, 5))] })
  for (let index = 5; index < 300; index += 5)
    await probe.settle({ outputs: [output('in', made.slice(index, index + 5))] })
  const taken = await probe.take('in', 300)
  assert.deepEqual(
    offsetsOf(taken),
    Array.from({ length: 300 }, (_, index) => index),
  )
  assert.equal(taken[0], made[0])
  assert.notEqual(taken[299], made[299])
  const last = record('last')
  await probe.settle({ outputs: [output('in', [last])] })
  assert.equal((await probe.take('in', 1))[0], last, 'and then keeps up again')
  await bus.close()
})

test('two apps with one name cannot run on one bus', async () => {
  const fixture = fixtureOf()
  const bus = await openBus(fixture, 'in')
  const first = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  await assert.rejects(Probe.join(fixture, bus, 'app', { topic: 'in' }), { code: 'MB_GROUP_IN_USE' })
  await first.ended(first.member.leave())
  const made = record('meanwhile')
  const publisher = await Probe.join(fixture, bus, 'publisher')
  await publisher.settle({ outputs: [output('in', [made])] })
  const next = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  const [found] = await next.take('in', 1)
  assert.equal(found!.ride, 'meanwhile')
  assert.notEqual(found, made, 'nothing was kept in memory for one that had left')
  await bus.close()
})

test('a partition that was not subscribed is not acknowledged', async () => {
  const fixture = fixtureOf()
  const bus = await openBus(fixture, 'in', 'other')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  await probe.settle({ outputs: [output('other', records('a'))] })
  assert.equal(
    await probe.member.settle(unit({ outputs: [output('in', records('b'))], settled: [['other', 1]] })),
    'refused',
  )
  assert.deepEqual(await bus.inspector.read('in', 0, 0, 1), [])
  await bus.close()
})

test('what operators are answered is durable, also while more is on its way', async () => {
  const fixture = fixtureOf()
  const bus = await openBus(fixture, 'in')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  const hand = (turn: number) =>
    probe.member.settle(
      unit({
        outputs: [output('in', records(`r${turn}`))],
        settled: [['in', turn]],
        changes: [{ store: 's', partition: 0, key: 'turn', value: `${turn}` }],
      }),
    )
  await probe.ended(hand(0))
  fixture.disk.fail(({ name }) => (name === 'sync' ? { delayMs: 20 } : undefined))
  let isFirstDurable = false
  const first = hand(1).then(() => (isFirstDurable = true))
  await fixture.clock.advance(5)
  const { inspector } = bus
  const whenDurable = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    const value = await answer
    assert.ok(isFirstDurable, 'what is answered is durable')
    return value
  }
  const answers = Promise.all([
    whenDurable(inspector.topics()),
    whenDurable(inspector.groups()),
    whenDurable(inspector.rows('app', 's', 0)),
    whenDurable(probe.member.load('s', 0)),
  ])
  let isSecondDurable = false
  const second = hand(2).then(() => (isSecondDurable = true))
  const [topics, groups, rows, loaded] = await probe.ended(answers)
  assert.equal(isSecondDurable, false, 'the second is still on its way')
  const position = groups[0]!.positions.find(({ partition }) => partition === 0)!
  assert.deepEqual(
    [topics[0]!.partitions[0]!.end, position.watermark, rows.get('turn'), loaded.get('turn')],
    [2, 1, '1', '1'],
  )
  await probe.ended(Promise.all([first, second]))
  await probe.ended(bus.close())
})

test('a stopped app can be looked into, read-only, and a running one cannot', async () => {
  const fixture = fixtureOf()
  await assert.rejects(inspectEmbedded(dir, fixture.platform), { code: 'MB_JOURNAL_MISSING' })
  const bus = await openBus(fixture, 'in')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  await probe.settle({
    outputs: [output('in', records('a', 'b'))],
    settled: [['in', 0]],
    changes: [{ store: 's', partition: 0, key: 'k', value: '1' }],
  })
  await assert.rejects(inspectEmbedded(dir, fixture.platform), { code: 'MB_JOURNAL_LOCKED' })
  await probe.ended(bus.close())

  const { inspector, close } = await inspectEmbedded(dir, fixture.platform)
  assert.deepEqual(ridesOf(await inspector.read('in', 0, 0, 10)), ['a', 'b'])
  assert.deepEqual(
    (await inspector.groups()).map(({ group }) => group),
    ['app'],
  )
  assert.deepEqual(await inspector.rows('app', 's', 0), new Map([['k', '1']]))
  assert.equal((await inspector.ride('a')).length, 1)
  await assert.rejects(inspector.seek('app', { topic: 'in', partition: 0, offset: 1 }), {
    code: 'MB_JOURNAL_READ_ONLY',
  })
  await assert.rejects(inspectEmbedded(dir, fixture.platform), { code: 'MB_JOURNAL_LOCKED' })
  await close()
  const again = await openBus(fixture, 'in')
  await again.close()
})

test('a second bus on the same folder is refused and says who has it', async () => {
  const fixture = fixtureOf({ options: { note: 'pid 17' } })
  const bus = await openBus(fixture, 'in')
  await assert.rejects(fixture.make().open(fixture.platform), /pid 17/)
  await bus.close()
})

test('every fault of the options is told at once, with its path', () => {
  const options = {
    dir: '',
    partitions: 0,
    segmentBytes: 1,
    cacheBytesMax: -1,
    retention: { time: -5 },
    durability: { interval: 0 },
  }
  assert.throws(
    () => embedded(options),
    ({ code, facts }: { code?: string; facts?: { faults: readonly string[] } }) => {
      assert.equal(code, 'MB_BAD_OPTIONS')
      const named = facts!.faults.map((fault) => fault.split(' ')[0])
      assert.deepEqual(
        new Set(named),
        new Set(['dir', 'partitions', 'segmentBytes', 'cacheBytesMax', 'retention.time', 'durability.interval']),
      )
      return true
    },
  )
})
