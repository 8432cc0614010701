/**
 * What stores cost: changes and reads in a handler, reading a store from its log, and the campaign's line with a counter by key at its end beside the campaign itself, by
 * turns in one process. Beside them the same work on a plain Map and on the engine alone.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { Record } from '../src/event/record.ts'
import { drop, entry, line, metrobus, stop, store } from '../src/index.ts'
import type { App } from '../src/index.ts'
import * as library from '../src/index.ts'
import type { RunningApp } from '../src/runtime/running.ts'
import { endedTopic } from '../src/runtime/topics.ts'
import { memoryStores } from '../src/store/memory/index.ts'
import { sqlite } from '../src/store/sqlite/index.ts'
import type { StoreEngine } from '../src/store/store.ts'
import { archiveOf } from './archive.ts'
import { choiceOf, numberOf, verify } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { buses } from './buses.ts'
import { appName, campaignApp } from './campaign-app.ts'
import { Contact, Mailable, accountOf, allowed, contactOf, emails, timeOf } from './contact.ts'
import { inFolder } from './folder.ts'
import { sendAll } from './load.ts'
import { Finish, metered } from './meter.ts'

type EngineName = 'memory' | 'sqlite'

/** Rows that one event of the first part changes. */
const rowsAnEvent = 10
const keys = 20_000
const turns = 2

export const storeBench: Bench = {
  name: 'store',
  purpose: 'what stores cost, beside a plain Map and the engine alone',
  options: {
    engine: { type: 'string', hint: 'memory (default) or sqlite' },
    puts: { type: 'string', hint: 'changes in all; default 300000' },
    events: { type: 'string', hint: 'of each campaign and counter run; default 100000' },
  },
  run: (options) => inFolder((dir) => run(dir, options)),
}

async function run(dir: string, options: BenchOptions): Promise<Figures> {
  const engine = choiceOf(options, 'engine', ['memory', 'sqlite'])
  const puts = numberOf(options, 'puts', 300_000)
  const events = numberOf(options, 'events', 100_000)
  const rides: { readonly counter: Ridden; readonly campaign: Ridden }[] = []
  for (let turn = 0; turn < turns; turn++)
    rides.push({
      campaign: await ridesASecond(dir, `campaign-${turn}`, events, 'campaign', engine),
      counter: await ridesASecond(dir, `counter-${turn}`, events, 'counter', engine),
    })
  const best = (name: 'counter' | 'campaign'): Ridden =>
    rides.map((one) => one[name]).toSorted((one, other) => other.eventsPerSecond - one.eventsPerSecond)[0]!
  const counter = best('counter')
  const campaign = best('campaign')
  return {
    bench: 'store',
    engine,
    ...(await rowsASecond(dir, engine, puts)),
    map: mapAlone(puts),
    engineAlone: await engineAlone(openOf(engine, join(dir, 'alone')), puts),
    counter,
    campaign,
    share: Math.round((counter.eventsPerSecond / campaign.eventsPerSecond) * 100) / 100,
  }
}

type Figures = { readonly [name: string]: unknown }

const openOf = (engine: EngineName, dir: string): StoreEngine =>
  engine === 'memory' ? memoryStores() : sqlite({ dir })

const keyOf = (index: number): string => `key-${index % keys}`
const valueOf = (index: number): z.infer<typeof Row> => ({
  count: index,
  name: 'a row of the bench',
  tags: ['one', 'two'],
})
const Row = z.object({ count: z.number(), name: z.string(), tags: z.array(z.string()) })

const Change = z.object({ key: z.string(), from: z.number() })

const perSecond = (count: number, ms: number): number => Math.round((count * 1000) / ms)

/** Changes and reads in handlers on the embedded bus, then a start that reads the whole log. */
async function rowsASecond(dir: string, engine: EngineName, puts: number): Promise<Figures> {
  const rows = store('rows', Row)
  const events = Math.ceil(puts / rowsAnEvent)
  let readMs = 0
  let reads = 0
  const change = stop('change', { in: Change, effects: 'none', stores: { rows } }, ({ key, from }, { stores }) => {
    for (let index = 0; index < rowsAnEvent; index++) stores.rows.put(`${key}/${index}`, valueOf(from + index))
    if (from % 100 !== 0) return
    const began = performance.now()
    for (let index = 0; index < 100; index++) stores.rows.get(`${key}/${index % rowsAnEvent}`)
    readMs += performance.now() - began
    reads += 100
  })
  const route = line('rows').to(change)
  const app = metrobus('stores', { entries: [entry('changes', { in: Change, key: ({ key }) => key, route })] })
  const journal = join(dir, 'journal')
  const began = performance.now()
  const running = await app.start({
    bus: buses.embedded.open(journal, events),
    stores: openOf(engine, join(dir, 'tables')),
  })
  await sendAll(events, (index) => running.send('changes', { key: keyOf(index), from: index * rowsAnEvent }))
  await running.caughtUp()
  const putMs = performance.now() - began
  await running.stop()
  const empty = join(dir, 'empty')
  const restoring = performance.now()
  const again = await app.start({ bus: buses.embedded.open(journal, events), stores: openOf(engine, empty) })
  const restoreMs = performance.now() - restoring
  await verifyRows(again, events)
  await again.stop()
  return {
    putsPerSecond: perSecond(events * rowsAnEvent, putMs),
    getsPerSecond: perSecond(reads, readMs),
    restoreEventsPerSecond: perSecond(events * rowsAnEvent, restoreMs),
  }
}

async function verifyRows(running: Pick<RunningApp, 'store'>, events: number): Promise<void> {
  const view = running.store('rows')
  for (let index = Math.max(0, events - 100); index < events; index++) {
    const row = (await view.get(`${keyOf(index)}/1`)) as z.infer<typeof Row> | undefined
    verify(row?.count === index * rowsAnEvent + 1, `the row of event ${index} is the newest after a restart`)
  }
}

/** Text in and out, as a store does that must be able to write what it holds. */
function mapAlone(puts: number): Figures {
  const map = new Map<string, string>()
  const putting = performance.now()
  for (let index = 0; index < puts; index++) map.set(keyOf(index), JSON.stringify(valueOf(index)))
  const getting = performance.now()
  let sum = 0
  for (let index = 0; index < puts; index++)
    sum += (JSON.parse(map.get(keyOf((index * 7919) % puts))!) as z.infer<typeof Row>).count
  const ended = performance.now()
  verify(sum > 0, 'what was put is there')
  return { putsPerSecond: perSecond(puts, getting - putting), getsPerSecond: perSecond(puts, ended - getting) }
}

/** The engine's tables without an app around them, 256 changes together. */
async function engineAlone(engine: StoreEngine, puts: number): Promise<Figures> {
  await engine.open('alone')
  const table = engine.table('rows', 0, { expires: false })
  const batch = 256
  const putting = performance.now()
  for (let from = 0; from < puts; from += batch)
    engine.together(() => {
      const records = Array.from({ length: batch }, (_, index) => changed(from + index))
      table.absorb(records, { offset: from + batch, mark: 'bench' })
    })
  const getting = performance.now()
  for (let index = 0; index < puts; index++) table.get(keyOf((index * 7919) % puts))
  const ended = performance.now()
  await engine.close()
  return { putsPerSecond: perSecond(puts, getting - putting), getsPerSecond: perSecond(puts, ended - getting) }
}

function changed(index: number): Record {
  const fields = { type: 't', source: '/s', time: 0, headers: {}, correlationId: undefined, causationId: undefined }
  const value = valueOf(index)
  const record = new Record({ ride: 'r', hop: 1, key: keyOf(index), replay: 0, slip: '', ...fields }, value, undefined)
  record.text = JSON.stringify(value)
  record.offset = index
  return record
}

interface Ridden {
  readonly eventsPerSecond: number
  /** User and system time of all threads. */
  readonly cpuUsPerEvent: number
}

/** One run of the campaign, or of the same line with a counter by key in the place of its archive. */
async function ridesASecond(
  dir: string,
  name: string,
  events: number,
  kind: 'counter' | 'campaign',
  engine: EngineName,
): Promise<Ridden> {
  const finish = new Finish(events, () => {})
  const archive = archiveOf(join(dir, `${name}.ndjson`))
  const app = kind === 'campaign' ? campaignApp(library, archive.put) : counterApp()
  const running = await app.start({
    bus: metered(buses.embedded.open(join(dir, name), events), endedTopic(appName), finish.onEnded),
    stores: openOf(engine, join(dir, `${name}-tables`)),
  })
  const send = (index: number): Promise<unknown> =>
    running.send('contacts' as never, contactOf(index), { time: timeOf(index) })
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  await Promise.race([Promise.all([sendAll(events, send), finish.done]), running.stopped])
  const ms = finish.lastMs - startMs
  const { user, system } = process.cpuUsage(cpuBefore)
  if (kind === 'counter') await verifyCounts(running, events)
  await running.stop()
  await archive.close()
  return { eventsPerSecond: perSecond(events, ms), cpuUsPerEvent: Math.round((user + system) / events) }
}

const Count = z.object({ events: z.number(), last: z.string() })

function counterApp(): App {
  const counts = store('counts', Count)
  const addresses = emails()
  const allowedAccounts = allowed()
  const addEmail = stop('add-email', { in: Contact, out: Mailable, effects: 'none' }, (contact) => {
    const email = addresses.get(contact.accountId)
    return email === undefined ? drop('no-email') : { ...contact, email }
  })
  const whiteList = stop('white-list', { in: Mailable, out: Mailable, effects: 'none' }, (contact) =>
    allowedAccounts.has(contact.accountId) ? contact : drop('not-white-listed'),
  )
  const count = stop('count', { in: Mailable, effects: 'none', stores: { counts } }, (contact, { stores }) => {
    const before = stores.counts.get(contact.accountId)
    stores.counts.put(contact.accountId, { events: (before?.events ?? 0) + 1, last: contact.lastOrder })
  })
  const route = line('campaign').via(addEmail).via(whiteList).to(count)
  return metrobus(appName, {
    entries: [entry('contacts', { in: Contact, key: (contact) => contact.accountId, route })],
  })
}

/** Every event that was not dropped is counted once. */
async function verifyCounts(running: Pick<RunningApp, 'store'>, events: number): Promise<void> {
  const known = emails()
  const mayMail = allowed()
  const expected = new Map<string, number>()
  for (let index = 0; index < events; index++) {
    const account = accountOf(index)
    if (known.has(account) && mayMail.has(account)) expected.set(account, (expected.get(account) ?? 0) + 1)
  }
  const view = running.store('counts')
  for (const [account, count] of expected) {
    const row = (await view.get(account)) as z.infer<typeof Count> | undefined
    verify(row?.events === count, `the account ${account} is counted ${count} times`)
  }
}
