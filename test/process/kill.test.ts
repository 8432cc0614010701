/**
 * A real process is killed with -9 at 200 random moments, under load and while it starts, and nothing that it acknowledged may be lost, nothing
 * be there twice, and no key be out of order.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodePlatform } from '../../src/internal/platform/node.ts'
import { openJournal } from '../../src/journal/index.ts'
import { SeededRandom, chooseSeed, describeViolations, judge } from '../../src/testing/index.ts'
import type { FoundEvent, SentEvent, Testimony, Violation } from '../../src/testing/index.ts'
import { eventsIn } from '../journal/events-in.ts'
import { Driver } from './driver.ts'
import type { Moment } from './driver.ts'
import * as app from './programs/app-places.ts'
import { group, partitions, topics } from './programs/journal-places.ts'

/** Of the app; the journal alone takes a quarter of it. More of them for a night: `METROBUS_KILLS`. */
const kills = Number(process.env['METROBUS_KILLS'] ?? 200)

/** Most kills come under load, some while the program starts: also while it recovers from the kill before. */
const momentOf = (random: SeededRandom): Moment =>
  random.chance(0.15) ? { after: 'start', ms: random.between(0, 250) } : { after: 'ready', ms: random.between(20, 300) }

test(
  'the journal loses, doubles and reorders nothing, however often its process is killed',
  { timeout: 10 * 60_000 },
  async (t) => {
    const random = new SeededRandom(chooseSeed())
    const dir = mkdtempSync(join(tmpdir(), 'metrobus-kill-'))
    const module = join(import.meta.dirname, 'programs/journal-program.ts')
    const driver = new Driver({ dir, module, args: [join(dir, 'data')], random, window: 200, keys: 50, resend: false })
    try {
      await driver.runToTheEnd()
      for (let kill = 0; kill < kills / 4; kill++) await driver.runUntilKilled(momentOf(random))
      await driver.runToTheEnd()

      const journal = await openJournal({ dir: join(dir, 'data'), platform: nodePlatform, readOnly: true })
      const places = await Promise.all(
        Object.values(topics).map(async (name) => ({ name, events: await eventsIn(journal, name) })),
      )
      let counted = 0
      for (let partition = 0; partition < partitions; partition++)
        counted += Number(journal.rows(group, 'count', partition).get('moved'))
      await journal.close()

      const acknowledged = driver.acknowledged()
      const violations = judge({ sent: driver.sent, acknowledged, places })
      assert.equal(violations.length, 0, `seed ${random.seed}\n${describeViolations(violations)}`)
      assert.equal(counted, places[1]!.events.length, `seed ${random.seed}: the rows went another way than the outputs`)
      assert.ok(acknowledged.length > 1000, `only ${acknowledged.length} events were acknowledged: this proved nothing`)
      t.diagnostic(
        `${kills / 4} kills, ${driver.sent.length} events sent, ${acknowledged.length} acknowledged, seed ${random.seed}`,
      )
      // Left behind by a failure, to be looked at.
      rmSync(dir, { recursive: true })
    } finally {
      driver.close()
    }
  },
)

test(
  'an app loses, doubles, reorders and gives up nothing over 200 kills, in no topic and not in its archive',
  { timeout: 14 * 60_000 },
  async (t) => {
    const random = new SeededRandom(chooseSeed())
    // Two at a time, as there are two processors at least: while one starts the other works.
    const sent = await Promise.all(
      [random.fork(), random.fork()].map((forked) => killAnApp(forked, kills / 2, `seed ${random.seed}`)),
    )

    t.diagnostic(`${kills} kills, ${sent[0]! + sent[1]!} events, seed ${random.seed}`)
  },
)

/** Kills an app so often, lets it finish, and judges what it left; answers how many events it was sent. */
async function killAnApp(random: SeededRandom, times: number, seed: string): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-kill-'))
  const module = join(import.meta.dirname, 'programs/app-program.ts')
  const driver = new Driver({ dir, module, args: [dir], random, window: 40, keys: 50, resend: true })
  try {
    await driver.runToTheEnd()
    for (let kill = 0; kill < times; kill++) await driver.runUntilKilled(momentOf(random))
    const { dead } = await driver.runToTheEnd()
    const { sent } = driver
    const acknowledged = driver.acknowledged()

    const violations = await judgeApp(dir, { sent, acknowledged, dead })
    assert.equal(violations.length, 0, `${seed}, left in ${dir}\n${describeViolations(violations)}`)
    assert.equal(acknowledged.length, sent.length, 'not everything was acknowledged in the end')
    assert.ok(sent.length > 10 * times, `only ${sent.length} events were sent: this proved nothing`)
    rmSync(dir, { recursive: true })
    return sent.length
  } finally {
    driver.close()
  }
}

async function judgeApp(dir: string, heard: Omit<Testimony, 'places'>): Promise<readonly Violation[]> {
  const journal = await openJournal({ dir: join(dir, 'journal'), platform: nodePlatform, readOnly: true })
  const kept = { expects: ({ number }: SentEvent) => !app.isDropped(number), body: ({ body }: SentEvent) => `${body}!` }
  const violations = judge({
    ...heard,
    places: [
      { name: app.topics.check, events: await eventsIn(journal, app.topics.check) },
      { name: app.topics.filter, events: await eventsIn(journal, app.topics.filter) },
      { name: app.topics.keep, events: await eventsIn(journal, app.topics.keep), ...kept },
      { name: 'archive', events: archived(join(dir, 'archive.ndjson')), ...kept },
    ],
  })
  await journal.close()
  return violations
}

/** What the archive holds, line by line. */
const archived = (path: string): readonly FoundEvent[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly data: FoundEvent }).data)
