import assert from 'node:assert/strict'
import test from 'node:test'
import type { CommitUnit } from '../event/unit.ts'
import type { Log } from '../internal/log.ts'
import type { Platform } from '../internal/platform/platform.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../testing/index.ts'
import type { Bus, Member, MemberListener, Settled } from './bus.ts'
import { guarded } from './guarded.ts'

const platform: Platform = { clock: new VirtualClock(), random: new SeededRandom(1), disk: new SimDisk() }
const nothing: CommitUnit = { outputs: [], acknowledgements: [], changes: [] }

/** As naive as an adapter may be: it notes every call and knows nothing of before and after. */
class NaiveBus implements Bus {
  readonly name = 'naive'
  readonly capabilities = {}
  readonly calls: string[] = []
  readonly listeners: MemberListener[] = []
  opening: Promise<void> = Promise.resolve()
  joining: Promise<void> = Promise.resolve()
  leaving: Promise<void> = Promise.resolve()
  readonly inspector = {
    topics: async () => (this.calls.push('topics'), []),
    groups: async () => (this.calls.push('groups'), []),
    read: async () => (this.calls.push('read'), []),
    offsetAt: async () => (this.calls.push('offsetAt'), 0),
    ride: async () => (this.calls.push('ride'), []),
    seek: async () => void this.calls.push('seek'),
    rows: async () => (this.calls.push('rows'), new Map<string, string>()),
  }

  async open(): Promise<void> {
    this.calls.push('open')
    await this.opening
  }

  async ensureTopics(): Promise<void> {
    this.calls.push('ensureTopics')
  }

  async join(group: string, _: unknown, listener: MemberListener): Promise<Member> {
    this.calls.push(`join ${group}`)
    this.listeners.push(listener)
    await this.joining
    return {
      poll: () => (this.calls.push('poll'), []),
      rewind: () => void this.calls.push('rewind'),
      settle: async (): Promise<Settled> => (this.calls.push('settle'), 'committed'),
      load: async () => (this.calls.push('load'), new Map()),
      leave: async () => {
        this.calls.push(`leave ${group}`)
        await this.leaving
      },
    }
  }

  partitions(): number {
    this.calls.push('partitions')
    return 1
  }

  async close(): Promise<void> {
    this.calls.push('close')
  }
}

/** Notes what it is told. */
function listening(): MemberListener & { readonly heard: string[] } {
  const heard: string[] = []
  return {
    heard,
    assigned: () => void heard.push('assigned'),
    revoked: () => void heard.push('revoked'),
    ready: () => void heard.push('ready'),
    failed: () => void heard.push('failed'),
    pressed: (pressed) => void heard.push(`pressed ${pressed}`),
  }
}

/** Every call that needs an open bus. */
const callsOf = (bus: Bus): readonly (() => unknown)[] => [
  () => bus.ensureTopics([]),
  () => bus.join('late', [], listening()),
  async () => bus.partitions('t'),
  () => bus.inspector.topics(),
  () => bus.inspector.groups(),
  () => bus.inspector.read('t', 0, 0, 1),
  () => bus.inspector.offsetAt('t', 0, 0),
  () => bus.inspector.ride('r'),
  () => bus.inspector.seek('g', { topic: 't', partition: 0, offset: 0 }),
  () => bus.inspector.rows('g', 's', 0),
]

async function refusesAll(bus: Bus, code: string): Promise<void> {
  for (const call of callsOf(bus)) await assert.rejects(async () => call(), { code })
}

test('a guarded bus is not guarded twice', () => {
  const bus = guarded(new NaiveBus())
  assert.equal(guarded(bus), bus)
})

test('no call reaches an adapter before it is open, while it closes, or afterwards', async () => {
  const naive = new NaiveBus()
  const bus = guarded(naive)
  await refusesAll(bus, 'MB_BUS_NOT_OPEN')
  await bus.open(platform)
  for (const call of callsOf(bus)) await call()
  assert.equal(naive.calls.length, 11)
  const closed = bus.close()
  await refusesAll(bus, 'MB_BUS_NOT_OPEN')
  await closed
  await refusesAll(bus, 'MB_BUS_NOT_OPEN')
  assert.deepEqual(naive.calls.slice(11), ['leave late', 'close'])
})

test('an adapter is opened once and closed once, however many share it', async () => {
  const naive = new NaiveBus()
  const bus = guarded(naive)
  await Promise.all([bus.open(platform), bus.open(platform), bus.open(platform)])
  await bus.close()
  await bus.close()
  assert.deepEqual(naive.calls, ['open'])
  await Promise.all([bus.close(), bus.close(), bus.close()])
  await bus.close()
  assert.deepEqual(naive.calls, ['open', 'close'])
  await assert.rejects(bus.open(platform), { code: 'MB_BUS_NOT_OPEN' })
})

test('a bus that is closed while it opens is closed after it has opened', async () => {
  const naive = new NaiveBus()
  const opening = Promise.withResolvers<void>()
  naive.opening = opening.promise
  const bus = guarded(naive)
  const opened = bus.open(platform)
  const closed = bus.close()
  assert.deepEqual(naive.calls, ['open'])
  opening.resolve()
  await Promise.all([opened, closed])
  assert.deepEqual(naive.calls, ['open', 'close'])
})

test('an open that fails is told to everybody who opens, and nothing is closed', async () => {
  const naive = new NaiveBus()
  const cause = new RangeError('no such place')
  naive.opening = Promise.reject(cause)
  const bus = guarded(naive)
  const both = await Promise.allSettled([bus.open(platform), bus.open(platform)])
  assert.deepEqual(
    both.map((opened) => opened.status === 'rejected' && opened.reason),
    [cause, cause],
  )
  await assert.rejects(bus.inspector.topics(), cause)
  await Promise.all([bus.close(), bus.close()])
  assert.deepEqual(naive.calls, ['open'])
})

test('members leave before the bus is closed, also one that is still joining', async () => {
  const naive = new NaiveBus()
  const joining = Promise.withResolvers<void>()
  const bus = guarded(naive)
  await bus.open(platform)
  await bus.join('early', [], listening())
  naive.joining = joining.promise
  const late = bus.join('late', [], listening())
  const closed = bus.close()
  joining.resolve()
  await Promise.all([late, closed])
  assert.deepEqual(naive.calls, ['open', 'join early', 'join late', 'leave early', 'leave late', 'close'])
})

test('a member that leaves hands over nothing more, and leaves once', async () => {
  const naive = new NaiveBus()
  const bus = guarded(naive)
  await bus.open(platform)
  const listener = listening()
  const member = await bus.join('app', [], listener)
  assert.equal(await member.settle(nothing), 'committed')
  const leaving = Promise.withResolvers<void>()
  naive.leaving = leaving.promise
  const left = [member.leave(), member.leave()]
  await assert.rejects(member.settle(nothing), { code: 'MB_BUS_NOT_OPEN' })
  await assert.rejects(member.load('s', 0), { code: 'MB_BUS_NOT_OPEN' })
  assert.deepEqual(member.poll('t', 0, { recordsMax: 1, ahead: true }), [])
  member.rewind('t', 0, 0)
  naive.listeners[0]!.revoked([])
  leaving.resolve()
  await Promise.all(left)
  naive.listeners[0]!.ready('t', 0)
  naive.listeners[0]!.pressed(true, 'late')
  naive.listeners[0]!.assigned([])
  assert.deepEqual(listener.heard, ['revoked'], 'told while it leaves, not afterwards')
  assert.deepEqual(naive.calls, ['open', 'join app', 'settle', 'leave app'])
})

test('a join that fails leaves no member behind', async () => {
  const naive = new NaiveBus()
  const bus = guarded(naive)
  await bus.open(platform)
  naive.joining = Promise.reject(new RangeError('refused'))
  await assert.rejects(bus.join('app', [], listening()), RangeError)
  await bus.close()
  assert.deepEqual(naive.calls, ['open', 'join app', 'close'])
})

test('after a failure every call is refused with it, every member is told once, and the bus can still be closed', async () => {
  const naive = new NaiveBus()
  const bus = guarded(naive)
  await bus.open(platform)
  const one = listening()
  const other = listening()
  const member = await bus.join('one', [], one)
  await bus.join('other', [], other)
  const error = new RangeError('the disk is gone')
  for (const listener of [...naive.listeners, ...naive.listeners]) listener.failed(error)
  naive.listeners[0]!.ready('t', 0)
  assert.deepEqual([one.heard, other.heard], [['failed'], ['failed']])
  for (const call of callsOf(bus)) await assert.rejects(async () => call(), error)
  await assert.rejects(member.settle(nothing), error)
  assert.deepEqual(member.poll('t', 0, { recordsMax: 1, ahead: true }), [])
  await bus.close()
  assert.deepEqual(naive.calls.slice(3), ['leave one', 'leave other', 'close'])
})

test('the bus is closed also when a member cannot leave', async () => {
  const naive = new NaiveBus()
  const bus = guarded(naive)
  await bus.open(platform)
  await bus.join('app', [], listening())
  naive.leaving = Promise.reject(new RangeError('cannot leave'))
  await assert.rejects(bus.close(), RangeError)
  assert.deepEqual(naive.calls.at(-1), 'close')
})

test('what an operator should know is logged, and nothing else', async () => {
  const lines: string[] = []
  const log: Log = {
    info: (_, message) => void lines.push(message),
    warn: (_, message) => void lines.push(`warn: ${message}`),
    error: (_, message) => void lines.push(`error: ${message}`),
  }
  const naive = new NaiveBus()
  const bus = guarded(naive, log)
  await bus.open(platform)
  const member = await bus.join('app', [], listening())
  await member.settle(nothing)
  naive.listeners[0]!.pressed(true, 'full')
  naive.listeners[0]!.pressed(false, '')
  naive.listeners[0]!.ready('t', 0)
  naive.listeners[0]!.failed(new RangeError('gone'))
  await bus.close()
  assert.deepEqual(lines, [
    'bus opened',
    'member joined',
    'warn: entries wait',
    'warn: entries go on',
    'error: bus failed',
    'member left',
    'bus closed',
  ])
})
